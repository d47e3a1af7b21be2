// A real OpenID Connect provider for one machine: `make up` and the tests run it. Usage: node provider.mjs settings.json
// Its login page wants the e-mail and the password of one of the people in the settings; consent is not asked for, Trace is its only client.
import { readFileSync } from "node:fs";

import Provider, { interactionPolicy } from "oidc-provider";

import { signingKeys } from "./keys.mjs";
import { loginPages } from "./login.mjs";
import { people, sameText } from "./people.mjs";

const file = process.argv[2];
const settings = JSON.parse(readFileSync(file, "utf8"));
const find = (sub) => people(file).find((person) => person.sub === sub);

const provider = new Provider(settings.issuer, {
  clients: settings.clients,
  jwks: { keys: signingKeys(settings.key_file) },
  findAccount: async (_ctx, sub) => account(find(sub)),
  loadExistingGrant: grantEverything,
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  scopes: ["openid", "email", "profile"],
  pkce: { required: () => true },
  // Cookies know no ports: two providers on one address would overwrite each other's.
  cookies: {
    keys: [settings.cookie_key],
    names: {
      session: `_session_${settings.port}`,
      interaction: `_interaction_${settings.port}`,
      resume: `_resume_${settings.port}`,
    },
  },
  interactions: { policy: policy(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: true, logoutSource: signOutAtOnce },
  },
  ttl: {
    IdToken: settings.id_token_seconds ?? 3600,
    AccessToken: 3600,
    Session: 43_200,
    Grant: 43_200,
    Interaction: 600,
  },
});

function account(person) {
  return (
    person && {
      accountId: person.sub,
      claims: async () => ({
        sub: person.sub,
        email: person.email,
        email_verified: person.email_verified ?? true,
        name: person.name,
      }),
    }
  );
}

function policy() {
  const { Check, base } = interactionPolicy;
  const prompts = base();
  prompts.remove("consent");
  // Otherwise a session of somebody who was taken out of the file is an internal error.
  prompts
    .get("login")
    .checks.add(
      new Check("no_account", "the account is gone", "login_required", (ctx) =>
        ctx.oidc.session.accountId && !ctx.oidc.account
          ? Check.REQUEST_PROMPT
          : Check.NO_NEED_TO_PROMPT,
      ),
    );
  return prompts;
}

async function grantEverything(ctx) {
  const { client, session } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const kept = known && (await ctx.oidc.provider.Grant.find(known));
  if (kept) return kept;
  const grant = new ctx.oidc.provider.Grant({
    clientId: client.clientId,
    accountId: session.accountId,
  });
  grant.addOIDCScope("openid email profile");
  await grant.save();
  return grant;
}

// The person has just said so in Trace; the button is for a browser that runs no scripts.
async function signOutAtOnce(ctx, form) {
  ctx.body = `<!doctype html><html lang="en"><head><title>Signing out</title><link rel="icon" href="data:,"></head><body>
    <main><h1>Signing out</h1>${form}<button type="submit" form="op.logoutForm" name="logout" value="yes" id="yes">Sign out</button></main>
    <script>document.getElementById("yes").click()</script></body></html>`;
}

provider.on("server_error", (_ctx, error) => console.error(`ERROR: ${error.stack}`));
provider.use(
  loginPages(provider, settings.name, (email, password) =>
    people(file).find(
      (person) => sameText(person.email, email) && sameText(person.password, password),
    ),
  ),
);
provider.listen(settings.port, "127.0.0.1", () => console.log(`ready at ${settings.issuer}`));
