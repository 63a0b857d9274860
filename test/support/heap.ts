// The heap of another Node process after a full collection, asked through its inspector.

/** For `NODE_OPTIONS` of the process to be measured: the inspector on a free port of loopback. */
export const INSPECTED = '--inspect=127.0.0.1:0'

/** As the process says it on stderr when it starts. */
const LISTENING = /Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+)/

/** Bytes in use after garbage collection. `stderr` is what the process, started with `INSPECTED`, has written so far. */
export async function heapOf(stderr: string): Promise<number> {
  const url = LISTENING.exec(stderr)?.[1]
  if (url === undefined) throw new Error('the process has no inspector')
  const socket = new WebSocket(url)
  const ask = (id: number, method: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      socket.addEventListener('close', () => reject(new Error('the inspector is gone')))
      socket.addEventListener('message', ({ data }) => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: unknown }
        if (answer.id === id) resolve(answer.result)
      })
      socket.send(JSON.stringify({ id, method }))
    })
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', reject)
    })
    await ask(1, 'HeapProfiler.collectGarbage')
    const { usedSize } = (await ask(2, 'Runtime.getHeapUsage')) as { usedSize: number }
    return usedSize
  } finally {
    socket.close()
  }
}
