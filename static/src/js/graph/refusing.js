// Why a job cannot read what a node makes; nothing where it can.

export function refusal(model, from, to) {
  if (!to) return "A folded group reads nothing: unfold it, and choose a job of it.";
  if (to.kind !== "job") return `\`${to.name}\` is no job: only jobs read.`;
  if (to.group) return `\`${to.name}\` is a stream of \`${to.group}\`: it reads no job.`;
  if (from.id === to.id) return `\`${to.name}\` cannot read what it makes itself.`;
  if (to.activation === "source") return `\`${to.name}\` is a source: it reads nothing.`;
  if (model.downstream(to.id).has(from.id))
    return `\`${from.name}\` waits for \`${to.name}\` already: the two would wait for each other.`;
  return "";
}
