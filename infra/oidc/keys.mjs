// The provider's signing key: made once and kept, readable by its owner only. Deleting the file rotates it at the next start.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

export function signingKeys(file) {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = {
      ...privateKey.export({ format: "jwk" }),
      kid: randomUUID(),
      use: "sig",
      alg: "RS256",
    };
    writeFileSync(`${file}.new`, JSON.stringify([key]), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return JSON.parse(readFileSync(file, "utf8"));
}
