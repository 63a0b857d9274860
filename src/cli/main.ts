// The program `karo`: checks the Node version before any newer syntax is parsed, then runs the command line.

const LEAST = [22, 12] as const
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  process.stderr.write(
    `karo: needs Node.js ${LEAST.join('.')} or newer, this is ${process.versions.node} (${process.execPath})\n`,
  )
  process.exitCode = 1
} else {
  // Loaded here, because a static import would be linked before the version check runs.
  const messageOf = (errno: number): string =>
    process.getBuiltinModule('node:util').getSystemErrorMessage(errno)
  const quiet = <S extends NodeJS.WriteStream & { fd: number }>(stream: S): S =>
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that has seen enough (`karo history | head`) is not an error.
      if (error.code === 'EPIPE') process.exit()
      // If stderr itself cannot be written, only the exit code can tell.
      if (stream.fd !== 2) {
        const why = error.errno === undefined ? error.message : messageOf(error.errno)
        process.stderr.write(`karo: cannot write: ${why}\n`)
      }
      process.exit(1)
    })
  let stderr: NodeJS.WriteStream | undefined
  // A static import would be linked before the version check runs.
  void import('./run.ts').then(async ({ runCli }) => {
    process.exitCode = await runCli(process.argv.slice(2), {
      env: process.env,
      stdout: quiet(process.stdout),
      // A getter, because Node makes the stream when it is first used, and most runs write nothing to it.
      get stderr() {
        stderr ??= quiet(process.stderr)
        return stderr
      },
    })
  })
}
