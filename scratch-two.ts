import { createProviders } from './src/muscle/jail/providers.ts'
const [, p] = await createProviders([], '/x')
const limits = { cpu_seconds: 60, memory_bytes: 1<<30, disk_bytes: 8<<20, tasks: 32, wall_ms: 1000, output_bytes: 1e6 }
const start = (argv) => p.start({ argv, cwd: '/', env: {}, binds: [], limits, stdin: false, secrets: [], wanted: () => true })
const a = await start(['/usr/bin/sleep', '77771'])
const b = await start(['/bin/sh', '-c', 'i=0; while [ $i -lt 20 ]; do sleep 77772 & i=$((i+1)); done; wait'])
await new Promise((r) => setTimeout(r, 2300))
a.kill(); b.kill()
