// The provider's own pages: a form that wants e-mail and password, and nothing from anywhere else.
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text) => String(text ?? "").replace(/[&<>"']/g, (char) => ESCAPES[char]);
const LONGEST_BODY = 10_000;

export function loginPages(provider, name, authenticate) {
  return async (ctx, next) => {
    const asked = /^\/interaction\/[\w-]+$/.test(ctx.path);
    if (!asked) return next();
    const { params } = await provider.interactionDetails(ctx.req, ctx.res);
    if (ctx.method !== "POST") return show(ctx, 200, page(name, params.login_hint));
    const form = await read(ctx.req);
    if (form.get("cancel")) return finish(provider, ctx, { error: "access_denied" });
    const person = authenticate(form.get("email"), form.get("password"));
    if (!person)
      return show(
        ctx,
        422,
        page(name, form.get("email"), "This e-mail and password do not belong together."),
      );
    return finish(provider, ctx, { login: { accountId: person.sub } });
  };
}

async function finish(provider, ctx, result) {
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
}

function show(ctx, status, html) {
  ctx.status = status;
  ctx.type = "html";
  ctx.set("Cache-Control", "no-store");
  ctx.body = html;
}

async function read(request) {
  let body = "";
  for await (const chunk of request) {
    body += chunk;
    if (body.length > LONGEST_BODY) throw new Error("the form is too long");
  }
  return new URLSearchParams(body);
}

function page(name, email, problem = "") {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escaped(name)}: sign in</title>
    <link rel="icon" href="data:," />
    <style>
      :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
      main { max-width: 22rem; margin: 12vh auto; padding: 0 1rem; }
      label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
      input, button { margin: 0.25rem 0 1rem; padding: 0.5rem; }
    </style>
  </head>
  <body>
    <main>
      <h1>${escaped(name)}</h1>
      <p>E-mail and password of a demo person, as in <code>stack.json</code>.</p>
      <p role="alert">${escaped(problem)}</p>
      <form method="post" autocomplete="off">
        <label for="email">E-mail</label>
        <input id="email" name="email" type="email" required value="${escaped(email)}" />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" required />
        <button type="submit">Continue</button>
        <button type="submit" name="cancel" value="1" formnovalidate>Cancel</button>
      </form>
    </main>
  </body>
</html>`;
}
