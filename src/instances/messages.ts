import { z } from 'zod'

import { nodeIdSchema } from '../identity/node-id.js'

/** A node as `ActorNode` has it. */
const node = z.object({
  spkiSha256: z.string(),
  nodeId: nodeIdSchema,
  shortId: nodeIdSchema,
  longId: nodeIdSchema,
  isProven: z.boolean(),
})

const ending = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('session'), sessionId: z.string() }),
  z.object({ kind: z.literal('account'), accountId: z.int() }),
  z.object({
    kind: z.literal('node'),
    spkiSha256: z.string(),
    sessionId: z.string().optional(),
  }),
])

/**
 * What instances of one hub say to each other, by `kind`. Each is the head of a message; a body of bytes
 * may follow it (`Instances.on`). Sealed on the way, and told apart from what a stranger put on the
 * carrier by that; parsed here because another instance may run another version: kinds and fields that
 * this one does not know are ignored.
 */
export const messageSchema = z.discriminatedUnion('kind', [
  // ---- membership (instances.ts) ----
  /** To all: I have come, or my carrier is back. Each answers with `seen`. */
  z.object({ kind: z.literal('hello') }),
  /** To one that has come: I know you, and hold on the carrier what I hold. */
  z.object({ kind: z.literal('seen') }),
  /** To all, every second: by it the others know how long messages of this instance usually take. */
  z.object({ kind: z.literal('beat') }),
  /** To all: I am leaving. */
  z.object({ kind: z.literal('bye') }),

  // ---- nodes and their signals (routing) ----
  /** To the place of a node, named by its short id: its live connection is mine since `stamp`. */
  z.object({ kind: z.literal('claim'), node: nodeIdSchema, stamp: z.number() }),
  /** To all, after the carrier was away: the same of many nodes. */
  z.object({ kind: z.literal('claims'), nodes: z.array(z.tuple([nodeIdSchema, z.number()])) }),
  /** To the place of a node. `target` as the sender wrote it; the body is the payload's own text. */
  z.object({ kind: z.literal('signal'), n: z.int(), target: z.string(), sender: node }),
  /** To the instance that had these nodes before. The body is the payloads, one behind the other. */
  z.object({
    kind: z.literal('signals'),
    signals: z.array(
      z.object({ n: z.int(), target: z.string(), sender: node, bytes: z.int().min(0) }),
    ),
  }),
  /** To the place of a node, by the instance that had it before. Is answered to its origin, and was `ageMs` old by then. */
  z.object({
    kind: z.literal('passed_on'),
    origin: z.string().regex(/^[0-9a-f]{16}$/),
    ageMs: z.number().min(0),
    n: z.int(),
    target: z.string(),
    sender: node,
  }),
  /** To the instance that sent signals: what became of them, by their `n`. */
  z.object({
    kind: z.literal('handled'),
    done: z.array(z.int()),
    refused: z.array(z.object({ n: z.int(), outcome: z.enum(['offline', 'slow']) })),
  }),

  /** By one that may have missed answers to these signals: what became of them? */
  z.object({ kind: z.literal('unanswered'), numbers: z.array(z.int()) }),

  // ---- what is told to every instance (tokens) ----
  z.object({
    kind: z.literal('ended'),
    // One that only another version knows leaves the rest as it is.
    ended: z
      .array(ending.nullable().catch(null))
      .transform((all) => all.filter((each) => each !== null)),
  }),
  z.object({ kind: z.literal('registered'), node }),
  z.object({ kind: z.literal('visibility'), accountId: z.int(), isHidden: z.boolean() }),
  z.object({
    kind: z.literal('notice'),
    to: z.union([z.object({ spkiSha256: z.string() }), z.object({ accountId: z.int() })]),
    frame: z.discriminatedUnion('type', [
      z.object({ type: z.literal('keys_low'), count: z.int() }),
      z.object({
        type: z.literal('node_rotation'),
        node_id: z.string(),
        new_node_id: z.string(),
        effective_at: z.string(),
      }),
    ]),
  }),

  // ---- presence (signaling/watches) ----
  /**
   * To all: long ids of nodes that others may see, which have come and gone. `seq` counts these messages;
   * one without a node says that there have been no more.
   */
  z.object({
    kind: z.literal('presence'),
    seq: z.int(),
    online: z.array(z.string()),
    offline: z.array(z.string()),
  }),
  /** Short ids. */
  z.object({ kind: z.literal('presence_query'), n: z.int(), nodes: z.array(z.string()) }),
  /** Long ids of those that are here and may be seen, after the news numbered `seq`. */
  z.object({
    kind: z.literal('presence_answer'),
    n: z.int(),
    seq: z.int(),
    online: z.array(z.string()),
  }),

  // ---- searches for who is online (presence) ----
  /** To all: which accounts have a node connected to you that others may see? */
  z.object({ kind: z.literal('live_query'), n: z.int() }),
  /** They, in `of` messages, of which this is the one numbered `part`, from 0. */
  z.object({
    kind: z.literal('live_answer'),
    n: z.int(),
    part: z.int().min(0).max(999),
    of: z.int().min(1).max(1_000),
    accountIds: z.array(z.int().positive()).max(2_000),
  }),

  // ---- resume (signaling) ----
  /** To the instance that held a connection of `node`: its client is here, what did it miss? */
  z.object({
    kind: z.literal('resume_query'),
    n: z.int(),
    connectionId: z.string(),
    lastSeq: z.int(),
    node: nodeIdSchema,
    spkiSha256: z.string(),
    accountId: z.int(),
  }),
  /** Null: that is not known. The body is the frames' text in UTF-8, one behind the other. */
  z.object({
    kind: z.literal('resume_answer'),
    n: z.int(),
    missed: z.array(z.object({ isSignal: z.boolean(), bytes: z.int().min(0) })).nullable(),
  }),

  // ---- calls (signaling/calls), all but the last to the place of the call ----
  /**
   * All members of the call that are connected to me, and `holders`: the instances that I know to have
   * some. With `asks`, each that holds the call is to say the same.
   */
  z.object({
    kind: z.literal('call_members'),
    call: z.string(),
    members: z.array(z.object({ nodeId: nodeIdSchema, since: z.int() })),
    holders: z.array(z.string()),
    asks: z.boolean(),
  }),
  /** By a member that joined at `since`; null: which has left meanwhile. The body is the payload's own text. */
  z.object({
    kind: z.literal('call_signal'),
    n: z.int(),
    call: z.string(),
    sender: node,
    since: z.int().nullable(),
  }),
  /** It is over for all that had joined by `until`. Said again to an instance that does not confirm it. */
  z.object({
    kind: z.literal('call_closed'),
    n: z.int(),
    call: z.string(),
    until: z.int(),
  }),
  /** To the instance that sent signals or ends of calls: they are done, and who did not get them. */
  z.object({
    kind: z.literal('call_handled'),
    done: z.array(
      z.object({
        n: z.int(),
        missed: z.array(
          z.object({
            nodeId: nodeIdSchema,
            code: z.enum(['relay_failed', 'target_slow', 'target_offline']).catch('relay_failed'),
          }),
        ),
      }),
    ),
  }),
])

export type Message = z.output<typeof messageSchema>
export type Kind = Message['kind']
export type MessageOf<K extends Kind> = Extract<Message, { readonly kind: K }>
