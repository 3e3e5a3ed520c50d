/** The work's outcome, or `late()` thrown once `milliseconds` have passed; the work itself goes on. */
export async function within<Result>(
  milliseconds: number,
  work: Promise<Result>,
  late: () => Error,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves when the goodbye is said, cannot be said, or takes longer than so many milliseconds. */
export async function politely(milliseconds: number, goodbye: Promise<unknown>): Promise<void> {
  await within(milliseconds, goodbye, () => new Error('late')).catch(() => undefined)
}
