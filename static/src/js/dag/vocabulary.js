// What the server knows that a text may say: the schema, the operators, the datasets. Asked for once.

import { Schema } from "./schema.js";
import { ask } from "./server.js";

export class Vocabulary {
  constructor(address) {
    this.address = address;
    this.operators = {};
    this.datasets = [];
    this.schema = new Schema({});
  }

  load() {
    return (this.ready ??= this.#ask());
  }

  async #ask() {
    const { schema, operators, datasets } = await ask(this.address, { method: "GET" });
    Object.assign(this, { schema: new Schema(schema), operators, datasets });
  }

  operatorNames() {
    return Object.keys(this.operators).sort();
  }
}

export function operatorFacts({ activations, runtimes, version }) {
  return `${activations.join(", ")} · ${runtimes.join(", ")} · version ${version}`;
}
