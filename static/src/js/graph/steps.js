// Where an arrow leads: along an edge to the left and to the right, up and down to the nearest node of the same column.

import { WIDTH } from "./layout.js";

export function step(key, { drawn, edges, from }) {
  const here = drawn.get(from);
  if (!here) return drawn.keys().next().value;
  if (key === "ArrowRight") return nearest(ends(edges, "from", "to", from), drawn, here);
  if (key === "ArrowLeft") return nearest(ends(edges, "to", "from", from), drawn, here);
  const sign = key === "ArrowDown" ? 1 : -1;
  const column = [...drawn.keys()].filter((id) => {
    const other = drawn.get(id);
    return Math.abs(other.x - here.x) < WIDTH && (other.y - here.y) * sign > 0;
  });
  return nearest(column, drawn, here);
}

function ends(edges, at, other, id) {
  return edges.filter((edge) => edge[at] === id).map((edge) => edge[other]);
}

function nearest(ids, drawn, { x, y }) {
  const far = (id) => Math.hypot(drawn.get(id).x - x, drawn.get(id).y - y);
  return ids.filter((id) => drawn.has(id)).sort((one, other) => far(one) - far(other))[0];
}
