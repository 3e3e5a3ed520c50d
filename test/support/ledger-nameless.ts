import type { Failed } from './ledger.js'
import type { Excuses } from './ledger-excuses.js'
import type { History, Signal } from './ledger-history.js'

/**
 * Gives each error without a `ref` to a signal it can be for: sent on the same connection to the
 * same target, not longer ago than an answer takes, not received. As many as can be are given, those first
 * that no fault excuses, and to signals that nothing else explains. What is left is an error for a signal that arrived.
 *
 * @returns the errors left
 */
export function assignNameless(history: History, excuses: Excuses, answerMs: number): Failed[] {
  const missing = new Map<number, Signal[]>()
  for (const signal of history.signals.values()) {
    if (signal.receipts.length > 0 || signal.invoked.hasRef) continue
    const { connection } = signal.invoked
    const others = missing.get(connection)
    if (others) others.push(signal)
    else missing.set(connection, [signal])
  }
  const errors = new Map<number, Failed[]>()
  for (const error of history.nameless) {
    const others = errors.get(error.connection)
    if (others) others.push(error)
    else errors.set(error.connection, [error])
  }
  return [...errors].flatMap(([connection, errors]) => {
    const signals = missing.get(connection) ?? []
    return new Matching(errors, signals, answerMs, (signal) =>
      excuses.wentToTheDead(signal),
    ).match()
  })
}

/**
 * Of one connection, by augmenting paths: who has been matched stays so, only with whom may change. Taking the
 * first that fits would not do: a quick error for a late signal would take the place of a late one for an earlier.
 */
class Matching {
  private readonly errorOf = new Map<Signal, Failed>()
  private readonly signalsOf = new Map<Failed, readonly Signal[]>()
  private readonly errorsOf = new Map<Signal, Failed[]>()

  constructor(
    private readonly errors: readonly Failed[],
    signals: readonly Signal[],
    answerMs: number,
    private readonly isExplained: (signal: Signal) => boolean,
  ) {
    for (const error of errors) {
      const fitting = signals.filter(
        ({ invoked: { at, target } }) =>
          at <= error.at &&
          at >= error.at - answerMs &&
          (error.target === null || error.target === target),
      )
      this.signalsOf.set(error, fitting)
      for (const signal of fitting) {
        const others = this.errorsOf.get(signal)
        if (others) others.push(error)
        else this.errorsOf.set(signal, [error])
      }
    }
  }

  /** @returns the errors that are for none */
  match(): Failed[] {
    // Those that a fault allows for a signal that arrived come last: so it is they that are left.
    const excused = this.errors.filter(({ code }) => code === 'relay_failed')
    const others = this.errors.filter(({ code }) => code !== 'relay_failed')
    for (const error of others) this.place(error, new Set())
    for (const signal of this.errorsOf.keys()) {
      if (!this.errorOf.has(signal) && !this.isExplained(signal)) this.explain(signal, new Set())
    }
    const matched = new Set(this.errorOf.values())
    for (const error of excused) if (!matched.has(error)) this.place(error, new Set())
    const placed = new Set(this.errorOf.values())
    for (const [signal, error] of this.errorOf) signal.errors.push(error)
    return this.errors.filter((error) => !placed.has(error))
  }

  /** Finds a signal for the error, moving others on if need be. */
  private place(error: Failed, seen: Set<Signal>): boolean {
    for (const signal of this.signalsOf.get(error) ?? []) {
      if (seen.has(signal)) continue
      seen.add(signal)
      const owner = this.errorOf.get(signal)
      if (owner && !this.place(owner, seen)) continue
      this.errorOf.set(signal, error)
      return true
    }
    return false
  }

  /** Finds an error for the signal: a free one, or one of a signal that can spare it or have another. */
  private explain(signal: Signal, seen: Set<Failed>): boolean {
    for (const error of this.errorsOf.get(signal) ?? []) {
      if (seen.has(error)) continue
      seen.add(error)
      const holder = this.holderOf(error)
      if (holder && !this.isExplained(holder) && !this.explain(holder, seen)) continue
      if (holder && this.errorOf.get(holder) === error) this.errorOf.delete(holder)
      this.errorOf.set(signal, error)
      return true
    }
    return false
  }

  private holderOf(error: Failed): Signal | undefined {
    return this.signalsOf.get(error)?.find((signal) => this.errorOf.get(signal) === error)
  }
}
