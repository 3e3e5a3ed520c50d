/** Ranks from 0, each as often as it is high: the second half as often as the first, the third a third. */
export class Zipf {
  /** Up to each rank, how often any of them is drawn. */
  private readonly sums: readonly number[]

  constructor(size: number) {
    let sum = 0
    this.sums = Array.from({ length: size }, (_, rank) => (sum += 1 / (rank + 1)))
  }

  draw(): number {
    const wanted = Math.random() * (this.sums.at(-1) ?? 0)
    let [low, high] = [0, this.sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.sums[middle] ?? 0) > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}
