// What the system's shells and man find by themselves: completions and manual pages, at Debian's places.
import { gzipSync } from 'node:zlib'
import { COMPLETION_SCRIPTS, type CompletionShell } from '../../src/cli/commands/terminal/completion.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { completionSpec } from '../../src/cli/completion/spec.ts'
import { manPages } from './man.ts'
import { type Entry, plain } from './tar.ts'

/** Where each shell looks for what packages bring. */
const COMPLETION_PLACES: Readonly<Record<CompletionShell, string>> = {
  bash: 'usr/share/bash-completion/completions/karo',
  zsh: 'usr/share/zsh/vendor-completions/_karo',
  fish: 'usr/share/fish/vendor_completions.d/karo.fish',
}

/** `seconds`: since the epoch, the date of the pages. */
export async function shellFiles(version: string, seconds: number): Promise<Entry[]> {
  const places = await completionSpec(COMMANDS)
  const scripts = Object.entries(COMPLETION_PLACES).map(([shell, path]) =>
    plain(path, Buffer.from(COMPLETION_SCRIPTS[shell as CompletionShell](places))),
  )
  const pages = (await manPages(version, seconds)).map(({ name, section, source }) =>
    plain(`usr/share/man/man${section}/${name}.${section}.gz`, gzipSync(source, { level: 9 })),
  )
  return [...scripts, ...pages]
}
