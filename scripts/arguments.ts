// What a script was started with. Where that is --help, or what the script does not know, it says how it is used and ends.
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** `usage` is what stands behind `npm run`. The process ends with 0 after --help, with 2 after what the script does not know. */
export function argumentsOf<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`Usage: npm run ${usage}\n`)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    // What Node.js says after the first sentence is about other programs.
    const [problem] = (error as Error).message.split('. ')
    return misused(usage, problem ?? '')
  }
}

export function misused(usage: string, problem: string): never {
  process.stderr.write(`${problem}\nUsage: npm run ${usage}\n`)
  process.exit(2)
}
