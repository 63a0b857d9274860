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

  const quiet = <S extends NodeJS.WriteStream & { fd: number }>(stream: S): S =>
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that has seen enough (`karo history | head`) is not an error.
      if (error.code === 'EPIPE') process.exit()
      // If stderr itself cannot be written, only the exit code can tell.
      if (stream.fd !== 2) {
        const { errno, message } = error
        const why =
          errno === undefined ? message : process.getBuiltinModule('node:util').getSystemErrorMessage(errno)
        process.stderr.write(`karo: cannot write: ${why}\n`)
      }
      process.exit(1)
    })
  // Where stdout is no terminal, the first words are written without Node's stream, because loading streams takes a tenth of a
  // short command's time. Less than a pipe holds, so that a reader who is slow does not hold the whole process up.
  let direct = 16_384
  const written = (bytes: Uint8Array): number => {
    if (bytes.length > direct) return 0
    let length = 0
    try {
      while (length < bytes.length) length += process.getBuiltinModule('node:fs').writeSync(1, bytes, length)
      direct -= length
    } catch {
      // The stream writes the rest, and tells what is wrong.
      direct = 0
    }
    return length
  }
  let stdout: NodeJS.WriteStream | undefined
  let stderr: NodeJS.WriteStream | undefined
  // A static import would be linked before the version check runs.
  void import('./run.ts').then(async ({ runCli }) => {
    process.exitCode = await runCli(process.argv.slice(2), {
      env: process.env,
      toolAbove: async () => (await import('../base/kernel/sessions.ts')).toolAbove(process.env),
      stdout: process.getBuiltinModule('node:fs').fstatSync(1).isCharacterDevice()
        ? quiet(process.stdout)
        : {
            write(text: string | Uint8Array) {
              const bytes = Buffer.from(text)
              const rest = bytes.subarray(stdout === undefined ? written(bytes) : 0)
              if (rest.length === 0) return
              stdout ??= quiet(process.stdout)
              stdout.write(rest)
            },
          },
      // A getter, because Node makes the stream when it is first used, and most runs write nothing to it.
      get stderr() {
        stderr ??= quiet(process.stderr)
        return stderr
      },
    })
  })
}
