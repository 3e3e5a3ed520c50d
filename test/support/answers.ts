import type { Frame, TestNode, TestSocket } from './test-node.js'

/** What a node is told about a signal of its own: `ack`, or the code of the one error. */
export async function askedBy(
  { socket }: { readonly socket: TestSocket },
  target: { readonly id: string },
  payload: unknown = {},
): Promise<string> {
  const ref = `asked-${Math.random()}`
  socket.send({ type: 'signal', target_node_id: target.id, payload, ref })
  const answer = await socket.next()
  if (answer.ref !== ref) throw new Error(`expected an answer, got ${JSON.stringify(answer)}`)
  return answer.type === 'ack' ? 'ack' : answer.code
}

/** Resolves when `target` is offline for `asker`; each question is a round trip, so nothing spins. */
export async function offline(asker: TestNode, target: TestNode): Promise<void> {
  while ((await askedBy(asker, target)) !== 'target_offline');
}

/** The next answer, whenever it comes, and all that were sent with it or before the hub had read all. */
export async function answersTo({ socket }: TestNode): Promise<Frame[]> {
  return [await socket.next(), ...(await socket.settled())]
}

/** Hands signals over; resolves when all are on their way to the target's live connection. */
export async function handOver(
  from: { readonly socket: TestSocket },
  target: { readonly id: string },
  ...payloads: unknown[]
): Promise<void> {
  for (const payload of payloads) {
    const answer = await askedBy(from, target, payload)
    if (answer !== 'ack') throw new Error(`not handed over: ${answer}`)
  }
}
