// Gives memory back to the system after a busy time of the daemon.
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import type { Timers } from '../../base/clock.ts'
import { loadLibc } from '../../base/kernel/libc.ts'

/**
 * V8 doubles its young generation, up to 128 MiB, while much is allocated, as under an attack, and is slow to give it back.
 * From this size on the daemon lets it grow no further: collections are then more frequent, and each is as short.
 */
const YOUNG_GENERATION_BYTES = 16 * 1024 * 1024

/** How often what the C library holds without need goes back to the kernel. One call takes some milliseconds. */
const TRIM_EVERY_MS = 60_000

/**
 * Bounds the young generation of this process for its life. `--max-semi-space-size` does not serve: V8 reads it only at
 * its start, and the daemon is started in several ways. `--semi-space-growth-factor` is read at each growth (V8,
 * src/heap/new-spaces.cc), and growth follows a collection, so the factor is set after each.
 */
export function boundYoungGeneration(): void {
  let grows = true
  new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    const small = (young?.space_size ?? 0) < YOUNG_GENERATION_BYTES
    if (small === grows) return
    grows = small
    setFlagsFromString(`--semi-space-growth-factor=${small ? 2 : 1}`)
  }).observe({ entryTypes: ['gc'] })
}

/**
 * Gives freed memory of the C library (LevelDB's buffers, TLS, sockets) back to the kernel once a minute, by malloc_trim(3)
 * on a thread of its own. A C library without it (musl) keeps less and is left alone. Returns how to end it.
 */
export function trimMemory(timers: Timers): () => void {
  let cancel = (): void => {}
  let ended = false
  void loadLibc()
    .then(({ libc }) => {
      const trim = libc.func('int malloc_trim(size_t)')
      const next = (): void => {
        if (!ended) cancel = timers.after(TRIM_EVERY_MS, () => trim.async(0, next))
      }
      next()
    })
    .catch(() => {})
  return () => {
    ended = true
    cancel()
  }
}
