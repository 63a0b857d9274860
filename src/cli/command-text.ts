// The command line that a command is about: one quoted argument, or `-` for standard input.
import { KaroError } from '../base/errors.ts'

/** Bytes read from standard input: longer than any command is judged; beyond, it is no command line. */
const MOST_INPUT = 4 * 1024 * 1024

/** `words` as given to `karo <name>`. Throws bad_request for several words, too_large for endless input. */
export async function commandText(words: readonly string[], name: string): Promise<string> {
  if (words.length > 1) {
    throw new KaroError('bad_request', 'the command must be one argument', {
      where: `karo ${name}`,
      hint: `Quote it: karo ${name} '${words.join(' ').replaceAll("'", "'\\''").slice(0, 200)}'`,
    })
  }
  return words[0] === '-' ? await readInput(name) : (words[0] as string)
}

async function readInput(name: string): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length > MOST_INPUT)
      throw new KaroError('too_large', `more than ${MOST_INPUT} bytes on standard input`, {
        where: `karo ${name} -`,
      })
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
