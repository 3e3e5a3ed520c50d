/** Below `end`. Of made-up people nothing needs to be secret, and they are dealt millions of these. */
export function below(end: number): number {
  return Math.floor(Math.random() * end)
}

export function pick(choices: readonly string[]): string {
  return choices[below(choices.length)] ?? ''
}
