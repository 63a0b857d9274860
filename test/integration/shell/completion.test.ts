// Tab in real shells: commands, options, choices, files and the names of live nodes, whatever these names are.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { testIdentity } from '../../support/mesh/identity.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { isInstalled } from '../../support/shell/hook-cases.ts'
import { startShell, type TypedShell } from '../../support/shell/hooked-shell.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** Whatever a shell could do with text is in it. */
const HOSTILE = `evil $(touch pwned) \`touch pwned\` "x" 'y' \\ !! ; touch pwned #*`
const NAMES = ['alice', HOSTILE, 'twin', 'twin', '~root', '--help', 'größe']

let node: TestNode
/** Has `karo`, as a package would. */
let bin: string
beforeAll(async () => {
  const trusted = NAMES.map(
    (name, i) =>
      `"${testIdentity(i + 1).nodeId}" = { name = ${JSON.stringify(name)}, teams = ["${i % 2 === 0 ? 'ops' : 'web'}"] }`,
  )
  node = await startNode({ config: `[peers.trusted]\n${trusted.join('\n')}\n` })
  expect((await node.karo(['token', 'create', '--name', 'scraper'])).code).toBe(0)
  bin = join(temporaryHome(), 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'karo'), `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/dist/karo.js' "$@"\n`)
  chmodSync(join(bin, 'karo'), 0o755)
})

/** What zsh finds in its hundreds of functions is kept from one shell to the next. */
const COMPINIT = `autoload -Uz compinit && compinit -u -d '${join(temporaryHome(), 'found')}'`

const SHELLS: Readonly<Record<'bash' | 'zsh' | 'fish', { readonly load: string; readonly show: string }>> = {
  bash: {
    load: 'eval "$(command karo shell init bash --no-guard)"',
    show: `karo() { printf '<%s>' "$@"; echo; }`,
  },
  zsh: {
    load: `${COMPINIT}; eval "$(command karo shell init zsh --no-guard)"`,
    show: `karo() { printf '<%s>' "$@"; echo; }`,
  },
  fish: {
    // As fish makes it of a manual page of one's own.
    load: `mkdir -p ~/.local/share/fish/generated_completions
echo 'complete -c karo -l json' >~/.local/share/fish/generated_completions/karo.fish
command karo shell init fish --no-guard | source`,
    show: `function karo; printf '<%s>' $argv; echo; end`,
  },
}

/** What the system's own start files do with the directory of completions. */
const INSTALLED: Readonly<
  Record<keyof typeof SHELLS, { readonly name: string; load(directory: string): string }>
> = {
  bash: { name: 'karo', load: (directory) => `. '${directory}/karo'` },
  zsh: {
    name: '_karo',
    load: (directory) => `fpath=('${directory}' $fpath); autoload -Uz compinit && compinit -D -u`,
  },
  fish: { name: 'karo.fish', load: (directory) => `set -p fish_complete_path '${directory}'` },
}

const possible = (['bash', 'zsh', 'fish'] as const).filter((shell) => isInstalled(shell))

describe.each(possible)('in %s', (program: 'bash' | 'zsh' | 'fish') => {
  /** Where `load` is not said it has what the command prints, which each shell would wait for. */
  async function shellWith(home: string | undefined, load?: string): Promise<TypedShell> {
    const { show } = SHELLS[program]
    const printed = join(temporaryHome(), 'completions')
    writeFileSync(printed, (await runKaro(['completion', program], cleanEnv(temporaryHome()))).stdout)
    const before = program === 'zsh' ? `${COMPINIT}\n` : ''
    const shell = await startShell({
      program,
      after: `${load ?? `${before}. '${printed}'`}\n${show}`,
      env: { PATH: `${bin}:${process.env.PATH}`, ...(home && { KARO_HOME: home }) },
    })
    writeFileSync(join(shell.directory, 'a file.txt'), '')
    mkdirSync(join(shell.directory, 'directory'))
    return shell
  }

  /** Types it with Tab and Enter, until karo would have been run with these words. */
  async function becomes(shell: TypedShell, typed: string, words: readonly string[]): Promise<void> {
    const wanted = words.map((word) => `<${word}>`).join('')
    let last = ''
    await until(
      async () => {
        last = await shell.type(`${typed}\t`)
        return last.includes(`${wanted}\n`)
      },
      { what: `${typed}<Tab> is ${wanted}` },
    ).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(last)}`)
    })
  }

  test('it is found where a package puts it', async () => {
    const directory = join(temporaryHome(), 'completions')
    mkdirSync(directory)
    const { stdout } = await runKaro(['completion', program], cleanEnv(temporaryHome()))
    writeFileSync(join(directory, INSTALLED[program].name), stdout)
    const shell = await startShell({
      program,
      after: `${INSTALLED[program].load(directory)}\n${SHELLS[program].show}`,
      env: { PATH: `${bin}:${process.env.PATH}` },
    })
    await becomes(shell, 'karo peers pend', ['peers', 'pending'])
    await becomes(shell, 'karo peers trust --level sup', ['peers', 'trust', '--level', 'supervisor'])
  })

  test('commands, options, choices, keys and files', async () => {
    const shell = await shellWith(undefined, SHELLS[program].load)
    await becomes(shell, 'karo stat', ['stat'])
    await becomes(shell, 'karo statu', ['status'])
    await becomes(shell, 'karo peers pend', ['peers', 'pending'])
    await becomes(shell, 'karo help pee', ['help', 'peers'])
    await becomes(shell, 'karo help peers tru', ['help', 'peers', 'trust'])
    await becomes(shell, 'karo help adm', ['help', 'admin'])
    await becomes(shell, 'karo config set mesh.po', ['config', 'set', 'mesh.port'])
    await becomes(shell, 'karo config set guard.prof', ['config', 'set', 'guard.profile'])
    await becomes(shell, 'karo config set guard.profile stri', ['config', 'set', 'guard.profile', 'strict'])
    await becomes(shell, 'karo query to', ['query', 'tools'])
    await becomes(shell, 'karo query tools --requ', ['query', 'tools', '--require-complete'])
    await becomes(shell, 'karo peers trust --level sup', ['peers', 'trust', '--level', 'supervisor'])
    await becomes(shell, 'karo peers trust --level=sup', ['peers', 'trust', '--level=supervisor'])
    await becomes(shell, 'karo --json peers tru', ['--json', 'peers', 'trust'])
    await becomes(shell, 'karo config get mesh.po', ['config', 'get', 'mesh.port'])
    await becomes(shell, 'karo shell install --rc a', ['shell', 'install', '--rc', 'a file.txt'])
    await becomes(shell, 'karo shell install --rc "a', ['shell', 'install', '--rc', 'a file.txt'])
    await becomes(shell, 'karo --home dir', ['--home', program === 'zsh' ? 'directory' : 'directory/'])
    // After -- there are no options.
    await becomes(shell, 'karo query -- to', ['query', '--', 'tools'])
    await becomes(shell, 'karo query -- --requ', ['query', '--', '--requ'])
    // Nothing that is there is offered where nothing can be known.
    await becomes(shell, 'karo history dire', ['history', 'dire'])
    // Words that a script could take for something of its own.
    await becomes(shell, "karo history '(' '!' -- '-a' dire", ['history', '(', '!', '--', '-a', 'dire'])
    // Quotes are what was typed, not part of it.
    await becomes(shell, `karo "peers" 'tru`, ['peers', 'trust'])
    expect(shell.screen()).not.toMatch(/error|test:|bash:|zsh:|fish:/i)
  })

  test('what the person has and live nodes by name, by fingerprint, by id, and their teams; a hostile name comes out as it is, in any quotes, and nothing of it runs', async () => {
    const shell = await shellWith(node.home)
    await becomes(shell, `karo token revoke scra`, ['token', 'revoke', 'scraper'])
    await becomes(shell, 'karo peers explain al', ['peers', 'explain', 'alice'])
    await becomes(shell, 'karo peers explain gr', ['peers', 'explain', 'größe'])
    const alice = testIdentity(1)
    const typed = alice.fingerprint.slice(0, 12)
    await becomes(shell, `karo peers trust ${typed}`, ['peers', 'trust', alice.fingerprint])
    await becomes(shell, `karo peers trust ${alice.nodeId.slice(0, -9)}`, ['peers', 'trust', alice.nodeId])
    // Where a name fits two, only the fingerprint says which.
    await becomes(shell, 'karo peers explain twi', ['peers', 'explain', 'twi'])
    const twin = testIdentity(3).fingerprint
    await becomes(shell, `karo peers explain ${twin.slice(0, 12)}`, ['peers', 'explain', twin])
    await becomes(shell, 'karo query tools --team we', ['query', 'tools', '--team', 'web'])
    await becomes(shell, 'karo share allow team:op', ['share', 'allow', 'team:ops'])
    await becomes(shell, 'karo peers trust alice --team ops,we', [
      'peers',
      'trust',
      'alice',
      '--team',
      'ops,web',
    ])
    for (const typed of ['evi', "'evi", '"evi', String.raw`evil\ \$\(to`, "'evil $(to"])
      await becomes(shell, `karo peers explain ${typed}`, ['peers', 'explain', HOSTILE])
    expect(existsSync(join(shell.directory, 'pwned'))).toBe(false)
  })

  test('a node is chosen by --home, quoted or not; without a daemon nothing happens and nothing is said', async () => {
    const shell = await shellWith(temporaryHome())
    await becomes(shell, 'karo peers explain al', ['peers', 'explain', 'al'])
    await becomes(shell, `karo --home ${node.home} peers explain al`, [
      '--home',
      node.home,
      'peers',
      'explain',
      'alice',
    ])
    await becomes(shell, `karo peers explain --home='${node.home}' al`, [
      'peers',
      'explain',
      `--home=${node.home}`,
      'alice',
    ])
    expect(shell.screen()).not.toMatch(/error|not running|karo:/i)
  })
})

test('what is asked for a completion says nothing but words, whatever is asked', async () => {
  const env = { ...process.env, KARO_HOME: temporaryHome() }
  for (const args of [
    [],
    ['node'],
    ['node', 'x', '--home'],
    ['__proto__', ''],
    ['node', 'x', '--home', '/dev/null'],
  ])
    expect(await runKaro(['__complete', ...args], env)).toEqual({ code: 0, stdout: '', stderr: '' })
  // A daemon that is slow to tell is not waited for.
  await until(async () => (await node.karo(['__complete', 'node', ''])).stdout.includes('alice\t'), {
    what: 'the names of nodes',
  })
})
