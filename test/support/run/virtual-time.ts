// Time that passes only when nothing else is left to do: a simulation's clock and timers, the same run every time.
import type { Clock, Timers } from '../../../src/base/clock.ts'

interface Due {
  readonly at: number
  /** What is due at the same moment happens in the order it was asked for. */
  readonly order: number
  run: (() => void) | undefined
}

/** More than any test has to do at one moment. */
const ENDLESS = 10_000

export class VirtualTime implements Timers {
  readonly #due: Due[] = []
  #at = 0
  #asked = 0
  readonly clock: Clock

  constructor(epoch: number = Date.now()) {
    this.clock = { now: () => epoch + Math.floor(this.#at), monotonic: () => this.#at }
  }

  after(ms: number, run: () => void): () => void {
    const due: Due = { at: this.#at + ms, order: this.#asked++, run }
    this.#push(due)
    return () => {
      due.run = undefined
    }
  }

  /** As `after`, for what is never taken back: a simulation has millions of these. */
  surely(ms: number, run: () => void): void {
    this.#push({ at: this.#at + ms, order: this.#asked++, run })
  }

  /**
   * Lets time pass until `over` holds or nothing is left to happen. What promises do counts as happening at once.
   * Resolves with the time.
   */
  async pass(over: () => boolean): Promise<number> {
    await settled()
    while (!over()) {
      const due = this.#pop()
      if (due === undefined) break
      if (due.run === undefined) continue
      this.#at = due.at
      due.run()
      await settled()
    }
    return this.#at
  }

  /** Lets `ms` milliseconds pass, with what is due by then and what promises do. */
  async wait(ms: number): Promise<void> {
    let isOver = false
    this.after(ms, () => {
      isOver = true
    })
    await this.pass(() => isOver)
  }

  /** What comes of something that needs time to pass. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const end = (): void => {
      isOver = true
    }
    work.then(end, end)
    await this.pass(() => isOver)
    return work
  }

  /** Lets `ms` milliseconds pass, for what happens without promises: no turn of the event loop is waited for. */
  advance(ms: number): void {
    const end = this.#at + ms
    // What sets itself anew for this very moment would never let it pass.
    let turns = 0
    for (let first = this.#due[0]; first !== undefined && first.at <= end; first = this.#due[0]) {
      this.#pop()
      turns = first.at > this.#at ? 0 : turns + 1
      if (turns > ENDLESS) throw new Error('what is due now is due again, without end')
      this.#at = first.at
      first.run?.()
    }
    this.#at = end
  }

  /** Lets the next thing happen that is due by `end`, a time of the monotonic clock; false, and it is `end`, where nothing is. */
  step(end: number): boolean {
    for (let first = this.#due[0]; first !== undefined && first.at <= end; first = this.#due[0]) {
      this.#pop()
      if (first.run === undefined) continue
      this.#at = first.at
      first.run()
      return true
    }
    this.#at = end
    return false
  }

  #push(due: Due): void {
    const heap = this.#due
    let index = heap.push(due) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(due, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = due
  }

  #pop(): Due | undefined {
    const heap = this.#due
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || first === last) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
    return first
  }
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** One turn of the event loop: every promise that can go on has gone on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
