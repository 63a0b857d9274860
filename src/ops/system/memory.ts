// Gives memory back to the system after a busy time of the daemon.
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import type { Timers } from '../../base/clock.ts'
import { loadLibc } from '../../base/kernel/libc.ts'

/**
 * V8 doubles its young generation, up to 128 MiB, while much is allocated, as under an attack, and is slow to give it back.
 * From this size on the daemon lets it grow no further: collections are then more frequent, and each is as short.
 */
const YOUNG_GENERATION_BYTES = 4 * 1024 * 1024

/**
 * The old generation is collected when it is half as large again as what the collection before left of it. V8 waits for up to four
 * times as much, which a flood fills with garbage: 280 MiB were then resident for 180.
 */
const OLD_GROWTH_PERCENT = 50

/** Whether the young generation may grow at present, which is V8's default. */
let grows = true
let bounded = false
function setGrowth(factor: number, percent: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`)
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}
const bound = (): void => setGrowth(grows ? 2 : 1, OLD_GROWTH_PERCENT)

/** When the code that the start compiled is kept: V8 drops what has not run for some collections. */
const KEPT_AFTER_MS = 5_000

/**
 * Keeps the compiled code of the built program's chunks for the next start, some seconds after this one, or when the returned
 * function ends it before. V8 refuses code that was kept under other options, so the default ones hold meanwhile.
 */
export function keepCode(timers: Timers): () => void {
  const keeper = (globalThis as { [key: symbol]: (() => () => void) | undefined })[Symbol.for('karo.code')]
  // The sources run without the loader that keeps code.
  if (keeper === undefined) return () => {}
  let keep: (() => void) | undefined = keeper()
  const now = (): void => {
    cancel()
    setGrowth(2, 0)
    keep?.()
    keep = undefined
    bound()
  }
  const cancel = timers.after(KEPT_AFTER_MS, now)
  return now
}

/** mallopt(3): threads share one heap, in place of one each whose freed parts stay resident. */
const M_ARENA_MAX = -8
/** How often what the C library holds without need goes back to the kernel. One call takes some milliseconds. */
const TRIM_EVERY_MS = 60_000
/** Sooner after a start: it and the loading of the index that searches use leave the most. */
const TRIM_FIRST_MS = 15_000

/**
 * Bounds how both generations of this process grow, for its life. `--max-semi-space-size` does not serve: V8 reads it only at
 * its start, and the daemon is started in several ways. `--semi-space-growth-factor` is read at each growth (V8,
 * src/heap/new-spaces.cc), and growth follows a collection, so the factor is set after each. Call it when the program
 * has started: V8 takes no code that was kept under other options.
 */
export function boundGenerations(): void {
  // A daemon whose key is rotated starts its rooms again, in the same process.
  if (bounded) return
  bounded = true
  bound()
  new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    const small = (young?.space_size ?? 0) < YOUNG_GENERATION_BYTES
    if (small === grows) return
    grows = small
    bound()
  }).observe({ entryTypes: ['gc'] })
}

/**
 * Gives freed memory of the C library (LevelDB's buffers, TLS, sockets) back to the kernel, soon after the start and then
 * once a minute, by malloc_trim(3) on a thread of its own. A C library without it (musl) keeps less and is left alone. Returns how to end it.
 */
export function trimMemory(timers: Timers): () => void {
  let cancel = (): void => {}
  let ended = false
  void loadLibc()
    .then(({ libc }) => {
      const trim = libc.func('int malloc_trim(size_t)')
      libc.func('int mallopt(int, int)')(M_ARENA_MAX, 1)
      const next = (ms: number): void => {
        if (!ended) cancel = timers.after(ms, () => trim.async(0, () => next(TRIM_EVERY_MS)))
      }
      next(TRIM_FIRST_MS)
    })
    .catch(() => {})
  return () => {
    ended = true
    cancel()
  }
}
