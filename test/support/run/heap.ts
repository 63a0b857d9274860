// The heap of another Node process after a full collection, asked through its inspector.

/** For `NODE_OPTIONS` of the process to be measured: the inspector on a free port of loopback. */
export const INSPECTED = '--inspect=127.0.0.1:0'

/** As the process says it on stderr when it starts. */
const LISTENING = /Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+)/

/** What one collection finishes off (finalizers, weak references) is only found by the next. */
const COLLECTIONS = 3

export interface HeapUse {
  readonly heapBytes: number
  /** Of array buffers, which are beside the heap. */
  readonly bufferBytes: number
}

/** In use after garbage collection. `stderr` is what the process, started with `INSPECTED`, has written so far. */
export async function heapOf(stderr: string): Promise<HeapUse> {
  const url = LISTENING.exec(stderr)?.[1]
  if (url === undefined) throw new Error('the process has no inspector')
  const socket = new WebSocket(url)
  let asked = 0
  const ask = (method: string): Promise<unknown> => {
    const id = ++asked
    return new Promise((resolve, reject) => {
      socket.addEventListener('close', () => reject(new Error('the inspector is gone')))
      socket.addEventListener('message', ({ data }) => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: unknown }
        if (answer.id === id) resolve(answer.result)
      })
      socket.send(JSON.stringify({ id, method }))
    })
  }
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', reject)
    })
    for (let n = 0; n < COLLECTIONS; n++) await ask('HeapProfiler.collectGarbage')
    const { usedSize, backingStorageSize } = (await ask('Runtime.getHeapUsage')) as Record<string, number>
    return { heapBytes: usedSize ?? Number.NaN, bufferBytes: backingStorageSize ?? Number.NaN }
  } finally {
    socket.close()
  }
}
