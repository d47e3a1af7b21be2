// JSON to and from the server, with the session and the token that its forms carry.

export class Refused extends Error {
  constructor(status, body) {
    super(body.message ?? `The server answered with ${status}.`);
    Object.assign(this, { status, body, code: body.code });
  }
}

export class Unreachable extends Error {
  constructor() {
    super("Trace does not answer. Check the connection; your text is kept in this browser.");
  }
}

export async function ask(address, { method = "POST", body, signal } = {}) {
  const response = await sent(address, { method, body, signal });
  const isJson = response.headers.get("content-type")?.includes("json");
  if (!response.ok) throw new Refused(response.status, isJson ? await response.json() : {});
  if (response.status === 204) return null;
  return isJson ? response.json() : response.text();
}

async function sent(address, { method, body, signal }) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  if (body) headers["Content-Type"] = "application/json";
  try {
    return await fetch(address, { method, headers, signal, body: body && JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable();
  }
}

function token() {
  return document.querySelector("input[name=csrfmiddlewaretoken]").value;
}

export function isAbort(error) {
  return error.name === "AbortError";
}
