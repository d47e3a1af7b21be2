// `node compile.mjs OUT`: the demo chain's token as bytecode, in hexadecimal, into a file.
import { readFileSync, writeFileSync } from "node:fs";
import solc from "solc";

const source = readFileSync(new URL("./Token.sol", import.meta.url), "utf8");
const asked = {
  language: "Solidity",
  sources: { "Token.sol": { content: source } },
  settings: { evmVersion: "paris", optimizer: { enabled: true }, outputSelection: { "*": { "*": ["evm.bytecode.object"] } } },
};
const made = JSON.parse(solc.compile(JSON.stringify(asked)));
const wrong = (made.errors ?? []).filter((one) => one.severity === "error");
if (wrong.length) {
  console.error(wrong.map((one) => one.formattedMessage).join("\n"));
  process.exit(1);
}
writeFileSync(process.argv[2], `0x${made.contracts["Token.sol"].Token.evm.bytecode.object}`);
