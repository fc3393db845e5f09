// Circles of an import graph: strongly connected components (Tarjan 1972).

/** The components of more than one node, each sorted; nodes that are no key of `graph` are passed over. */
export function circlesOf(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];

  const visit = (node: string): number => {
    const place = order.size;
    order.set(node, place);
    lowest.set(node, place);
    open.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue;
      const reached = order.has(next) ? (open.includes(next) ? order.get(next) : undefined) : visit(next);
      if (reached !== undefined) lowest.set(node, Math.min(lowest.get(node) ?? place, reached));
    }
    const low = lowest.get(node) ?? place;
    if (low === place) {
      const component = open.splice(open.indexOf(node)).sort();
      if (component.length > 1) circles.push(component);
    }
    return low;
  };

  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return circles.sort((one, other) => ((one[0] ?? '') < (other[0] ?? '') ? -1 : 1));
}
