// karo shell: the hook as printed, and a start file that gets one line and loses exactly that.
import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { linkPages, unlinkPages } from '../../../src/cli/shells/own-link.ts'
import { withLine, withoutLine } from '../../../src/cli/shells/rc-file.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'
import { COMPILED } from '../../support/run/compiled.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts')

const karo = (env: Record<string, string>, ...words: string[]) => commandLine(words, { env })

const not = (text: string) => expect.not.stringContaining(text)

function home() {
  const HOME = temporaryDirectory()
  return { env: { HOME, PATH: process.env.PATH! }, rc: join(HOME, '.bashrc'), directory: HOME }
}

describe('shell init', () => {
  test('prints sound bash for this home, needs nothing and makes nothing', async () => {
    const directory = join(temporaryDirectory(), "it's here")
    const { code, out, err } = await karo({ KARO_HOME: directory }, 'shell', 'init', 'bash')
    expect([code, err]).toEqual([0, ''])
    execFileSync('bash', ['-n'], { input: out })
    expect(out).toContain("it'\\''s here/spool'")
    expect(existsSync(directory)).toBe(false)
  })

  test('a shell that it leaves alone says nothing, under set -u too', async () => {
    const { out } = await karo({ KARO_HOME: temporaryDirectory() }, 'shell', 'init', 'bash')
    const run = (...how: string[]) =>
      spawnSync('bash', [...how, '-c', `${out}\necho on`], { encoding: 'utf8' })
    for (const how of [[], ['-i', '+O', 'promptvars'], ['-i', '-r']])
      expect(run('--norc', ...how, '-u')).toMatchObject({ stdout: 'on\n', status: 0, stderr: not('unbound') })
  })

  test('builds in what the configuration ignores, and refuses one it cannot read', async () => {
    const directory = temporaryDirectory()
    const config = join(directory, 'config.toml')
    writeFileSync(config, '[history]\nignore = ["pass *"]\n', { mode: 0o600 })
    expect((await karo({ KARO_HOME: directory }, 'shell', 'init', 'bash')).out).toContain(
      "__karo_ignore='pass *'",
    )
    writeFileSync(config, '[history]\nignore = 1\n', { mode: 0o600 })
    expect(await karo({ KARO_HOME: directory }, 'shell', 'init', 'bash')).toMatchObject({ code: 2, out: '' })
  })

  test('--json is one document with the hook in it; another shell is told which there are', async () => {
    const init = (...words: string[]) => karo({ KARO_HOME: temporaryDirectory() }, 'shell', 'init', ...words)
    const hook = expect.stringContaining('__karo_prompt')
    expect((await init('bash', '--json')).json()).toEqual({ shell: 'bash', hook })
    for (const shell of ['tcsh', 'zs', ''])
      expect(await init(shell)).toMatchObject({
        code: 2,
        err: expect.stringMatching(new RegExp(`'${shell}'[^]*bash`)),
      })
  })
})

describe('shell install and uninstall', () => {
  test('makes the spool, private, so that nothing typed before the first start is lost', async () => {
    const { env, directory } = home()
    const KARO_HOME = join(directory, 'node')
    expect((await karo({ ...env, KARO_HOME }, 'shell', 'install', 'bash')).code).toBe(0)
    expect(statSync(join(KARO_HOME, 'spool')).mode & 0o777).toBe(0o700)
    expect(statSync(KARO_HOME).mode & 0o777).toBe(0o700)
    expect((await karo({ ...env, KARO_HOME }, 'init')).code).toBe(0)
  })

  test.each([
    ['/usr/bin/zsh', '.zshrc'],
    ['/usr/local/bin/fish', '.config/fish/config.fish'],
    ['/bin/dash', '.shrc'],
    ['/bin/bash', '.bashrc'],
    ['', '.bashrc'],
  ])('without a name SHELL says which: %s', async (SHELL, file) => {
    const { env, directory } = home()
    expect((await karo({ ...env, SHELL }, 'shell', 'install')).code).toBe(0)
    expect(readFileSync(join(directory, file), 'utf8')).toContain('shell init')
    await karo({ ...env, SHELL }, 'shell', 'uninstall')
    expect(readdirSync(directory)).toEqual([])
    expect((await karo({ ...env, SHELL: '/bin/zsh' }, 'shell', 'install', 'bash')).out).toContain('.bashrc')
  })

  test.each([
    ['.profile', { '.profile': 'umask 22\n' }],
    ['.profile', {}],
    ['.bash_profile', { '.bash_profile': '', '.profile': '. ~/.bashrc\n' }],
    // What another tool made hides the file that was there.
    ['.bash_profile', { '.bash_profile': 'export A=1\n', '.profile': '. ~/.bashrc\n' }],
    [undefined, { '.profile': '[ -f ~/.bashrc ] && . ~/.bashrc\n' }],
    [undefined, { '.bash_profile': '. ~/.profile\n', '.profile': '. ~/.bashrc\n' }],
  ])(
    'a login bash that does not read ~/.bashrc is told of, with the file that it reads: %s, %j',
    async (named, files) => {
      const { env, directory } = home()
      for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
      const { out } = await karo(env, 'shell', 'install', 'bash')
      expect(out.match(/A login bash.*reads ~\/(\S+)/)?.[1]).toBe(named)
    },
  )

  test('uninstall names the other shells that still have the hook', async () => {
    const { env, directory } = home()
    for (const shell of ['bash', 'zsh', 'fish']) await karo(env, 'shell', 'install', shell)
    const { out } = await karo(env, 'shell', 'uninstall', 'bash')
    expect(out).toContain(
      `Still in ${join(directory, '.zshrc')}; to remove it there:  karo shell uninstall zsh`,
    )
    expect(out).toContain('karo shell uninstall fish')
    expect(out).toContain('Open shells keep it')
    expect(out).not.toContain('karo shell uninstall bash')
    await karo(env, 'shell', 'uninstall', 'fish')
    expect((await karo(env, 'shell', 'uninstall', 'zsh')).out).not.toContain('Still in')
  })

  test('a login shell without a hook is told what works, and no other file is touched', async () => {
    const { env, rc } = home()
    const { code, err } = await karo({ ...env, SHELL: '/bin/tcsh' }, 'shell', 'install')
    expect([code, existsSync(rc)]).toEqual([2, false])
    expect(err).toContain("SHELL: there is no hook for 'tcsh'")
    expect(err).toContain('karo shell install <bash')
    expect(err).toContain('karo check')
  })

  test.each([
    ['no file', undefined],
    ['an empty file', ''],
    ['a file', 'alias ll="ls -l"\n'],
    ['a last line without its end', '# mine\nexport A=1'],
    ['Windows line ends and bytes that are no UTF-8', Buffer.from([0x61, 0x0d, 0x0a, 0xff, 0xfe, 0x0a])],
  ])('%s: the line comes once, and goes without a trace', async (_, before) => {
    const { env, rc } = home()
    if (before !== undefined) writeFileSync(rc, before)
    const said = (text: string) => ({ code: 0, out: expect.stringContaining(text) })
    expect(await karo(env, 'shell', 'install', 'bash')).toMatchObject(said(rc))
    const once = readFileSync(rc)
    expect(once.toString('latin1').match(/# karo shell hook/g)).toHaveLength(1)
    expect(once.toString('latin1').startsWith(Buffer.from(before ?? '').toString('latin1'))).toBe(true)
    execFileSync('bash', ['-n', rc])
    expect(await karo(env, 'shell', 'install')).toMatchObject(said('The hook is already in'))
    expect(readFileSync(rc)).toEqual(once)
    expect((await karo(env, 'shell', 'uninstall', 'bash')).code).toBe(0)
    const ended = before === '# mine\nexport A=1' ? `${before}\n` : (before ?? '')
    if (ended.length === 0) expect(existsSync(rc)).toBe(false)
    else expect(readFileSync(rc)).toEqual(Buffer.from(ended))
    expect(await karo(env, 'shell', 'uninstall')).toMatchObject(said('The hook is not in'))
  })

  test.each([
    ['bash', {}, '.bashrc'],
    ['zsh', {}, '.zshrc'],
    ['zsh', { ZDOTDIR: 'dot' }, 'dot/.zshrc'],
    ['fish', {}, '.config/fish/config.fish'],
    ['fish', { XDG_CONFIG_HOME: 'x y' }, 'x y/fish/config.fish'],
    ['sh', {}, '.shrc'],
    ['sh', { ENV: "it's" }, "it's"],
  ])('%s with %j: its own file, its own language, gone without a trace', async (shell, names, file) => {
    const { env, directory } = home()
    for (const [name, path] of Object.entries(names)) {
      Object.assign(env, { [name]: join(directory, path) })
      if (name === 'ZDOTDIR') mkdirSync(join(directory, path))
    }
    const rc = join(directory, file)
    const KARO_HOME = join(directory, "karo's \\ home")
    const installed = await karo({ ...env, KARO_HOME }, 'shell', 'install', shell)
    expect(installed).toMatchObject({ code: 0, err: '', out: expect.stringContaining(rc) })
    const line = readFileSync(rc, 'utf8')
    expect(line.split('\n')).toHaveLength(2)
    expect(line).toContain(`shell init ${shell} --keep --home `)
    // What the shell makes of the line, in place of the hook: the words that karo would get.
    const spy = join(directory, 'spy')
    writeFileSync(spy, `#!/bin/sh\nprintf 'echo "'\nprintf '<%s>' "$@"\necho '"'\n`, { mode: 0o755 })
    writeFileSync(rc, line.replaceAll(process.execPath, spy))
    const program = shell === 'sh' ? 'dash' : shell
    if (spawnSync(program, ['-c', 'true']).status === 0) {
      const out = execFileSync(program, [rc], { encoding: 'utf8' })
      expect(out).toContain(`<shell><init><${shell}><--keep><--home><`)
      expect(out).toContain("karo's")
    }
    writeFileSync(rc, line)
    expect(await karo(env, 'shell', 'install', shell)).toMatchObject({ code: 0 })
    expect(readFileSync(rc, 'utf8').split('\n')).toHaveLength(2)
    expect((await karo(env, 'shell', 'uninstall', shell)).code).toBe(0)
    expect(existsSync(rc)).toBe(false)
  })

  test('sh says what is left to do', async () => {
    const { env, directory } = home()
    expect((await karo(env, 'shell', 'install', 'sh')).out).toContain(
      `export ENV='${join(directory, '.shrc')}'`,
    )
    const ENV = join(directory, 'env')
    const { out } = await karo({ ...env, ENV }, 'shell', 'install', 'sh')
    expect(out).not.toContain('export ENV')
    expect(out).toContain('dash')
  })

  test('mode and symbolic link stay; --rc names another file; --json says what happened', async () => {
    const { env, directory } = home()
    mkdirSync(join(directory, 'dotfiles'))
    const target = join(directory, 'dotfiles', 'rc')
    const link = join(directory, 'link')
    writeFileSync(target, '# x\n')
    fs.chmodSync(target, 0o640)
    fs.symlinkSync('dotfiles/rc', link)
    const { out } = await karo(env, 'shell', 'install', 'bash', '--rc', link, '--json')
    expect(JSON.parse(out)).toEqual({
      shell: 'bash',
      file: link,
      changed: true,
      program: join(directory, '.local/bin/karo'),
    })
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true)
    expect(statSync(target).mode & 0o777).toBe(0o640)
    expect(readFileSync(target, 'utf8')).toContain('# karo shell hook')
    expect(existsSync(join(directory, '.bashrc'))).toBe(false)
  })

  test('the program in ~/.local/bin runs without a shell of its own, is made once, and goes with the last hook', async () => {
    const { env, directory } = home()
    const program = join(directory, '.local/bin/karo')
    const { out } = await karo(env, 'shell', 'install', 'bash')
    expect(out).toContain(`Made ${program}`)
    expect(out).toContain('export PATH="$HOME/.local/bin:$PATH"')
    expect(statSync(program).mode & 0o777).toBe(0o755)
    const once = readFileSync(program, 'utf8')
    execFileSync('sh', ['-n', program])
    const second = await karo(env, 'shell', 'install', 'zsh')
    expect(second.out).toMatch(/zshrc\nShells with the hook have .+\/bin on their PATH/)
    expect(readFileSync(program, 'utf8')).toBe(once)
    const first = await karo(env, 'shell', 'uninstall', 'bash')
    expect(first.out).not.toContain(program)
    // The other shell still records.
    expect(first.out).not.toContain('To remove it too')
    writeFileSync(join(directory, '.local/share/karo/spool/typed'), '')
    const last = await karo(env, 'shell', 'uninstall', 'zsh')
    expect(last.out).toContain(`Removed ${program}`)
    // No shell may find `karo` any more.
    // The guard of an open shell blocks the removal.
    expect(last.out).toMatch(/To remove it too, in a new shell: {2}\/\S+ \/\S+ stop; rm -r \//)
    expect(existsSync(program)).toBe(false)
  })

  test('man finds the pages of this build, beside those of others, until they go with the program', () => {
    const { env, directory } = home()
    const program = join(directory, 'checkout/dist/karo.js')
    const pages = join(directory, 'checkout/dist/man/man1')
    const place = join(directory, '.local/share/man/man1')
    mkdirSync(pages, { recursive: true })
    mkdirSync(place, { recursive: true })
    for (const name of ['karo.1', 'karo-peers.1', 'karo-mine.1']) writeFileSync(join(pages, name), name)
    writeFileSync(join(place, 'karo-mine.1'), 'mine')
    linkPages({ env }, program)
    expect(readFileSync(join(place, 'karo-peers.1'), 'utf8')).toBe('karo-peers.1')
    // A later build without one of them.
    fs.rmSync(join(pages, 'karo-peers.1'))
    linkPages({ env }, program)
    expect(readdirSync(place)).toEqual(['karo-mine.1', 'karo.1'])
    // A package's directory is that of all programs.
    for (const name of ['karo.1.gz', 'ls.1.gz']) writeFileSync(join(pages, name), name)
    linkPages({ env }, program)
    expect(readdirSync(place)).toEqual(['karo-mine.1', 'karo.1', 'karo.1.gz'])
    unlinkPages({ env })
    expect(readdirSync(place)).toEqual(['karo-mine.1'])
    expect(readFileSync(join(place, 'karo-mine.1'), 'utf8')).toBe('mine')
  })

  test('another program of that name stays as it is', async () => {
    const { env, directory } = home()
    const program = join(directory, '.local/bin/karo')
    mkdirSync(join(directory, '.local/bin'), { recursive: true })
    writeFileSync(program, '#!/bin/sh\necho mine\n')
    expect((await karo(env, 'shell', 'install', 'bash')).out).toContain(`${program} is another program`)
    await karo(env, 'shell', 'uninstall', 'bash')
    expect(readFileSync(program, 'utf8')).toContain('echo mine')
  })

  test('a link to nowhere is told as one, and stays', async () => {
    const { env, rc } = home()
    fs.symlinkSync('nowhere', rc)
    expect(await karo(env, 'shell', 'install', 'bash')).toMatchObject({
      code: 1,
      err: expect.stringContaining('a link to nowhere, which is not there'),
    })
    expect(fs.lstatSync(rc).isSymbolicLink()).toBe(true)
  })

  test('a home of its own is named in the line, and an old line is replaced in its place', async () => {
    const { env, rc } = home()
    writeFileSync(rc, 'a\nold # karo shell hook\nb\n')
    await karo({ ...env, KARO_HOME: "/srv/karo's" }, 'shell', 'install', 'bash')
    const lines = readFileSync(rc, 'utf8').split('\n')
    expect([lines[0], ...lines.slice(2)]).toEqual(['a', 'b', ''])
    expect(lines[1]).toContain("--home '/srv/karo'\\''s'")
  })

  test('flags stay until they are taken out by name', async () => {
    const { env, rc } = home()
    const install = async (...flags: string[]): Promise<string> => {
      const { code, out } = await karo(env, 'shell', 'install', 'bash', ...flags)
      expect(code).toBe(0)
      return out
    }
    const flags = (): readonly string[] =>
      readFileSync(rc, 'utf8').match(/(?<= )--(?:no-guard|ctrl-r|ask-key)/g) ?? []
    expect(await install('--ctrl-r')).toMatch(/^Added to/)
    expect(await install()).toMatch(/^The hook is already in/)
    expect(flags()).toEqual(['--ctrl-r'])
    expect(await install('--no-guard')).toMatch(/^Changed in/)
    expect(flags()).toEqual(['--no-guard', '--ctrl-r'])
    await install('--no-ctrl-r')
    expect(flags()).toEqual(['--no-guard'])
    for (const both of [
      ['--guard', '--no-guard'],
      ['--ctrl-r', '--no-ctrl-r'],
      ['--ask-key', '--no-ask-key'],
    ]) {
      const { code, err } = await karo(env, 'shell', 'install', 'bash', ...both)
      expect([code, err]).toEqual([2, expect.stringContaining('exclude each other')])
      expect(flags()).toEqual(['--no-guard'])
    }
    await install('--guard', '--ask-key')
    expect(flags()).toEqual(['--ask-key'])
    await install('--no-ask-key')
    expect(flags()).toEqual([])
  })

  test('a shell without karo, or without its runtime, loads nothing, says nothing, and goes on under set -e', async () => {
    const { env, rc } = home()
    await karo(env, 'shell', 'install', 'bash')
    const line = readFileSync(rc, 'utf8')
    const [runtime, program] = [process.execPath, fs.realpathSync(process.argv[1]!)]
    for (const gone of [runtime, program]) {
      const without = line.replaceAll(`'${gone}'`, '/nowhere/karo')
      expect(without).not.toBe(line)
      const out = execFileSync('bash', ['-c', `set -eu\n${without}\necho "went on $?"`], { encoding: 'utf8' })
      expect(out).toBe('went on 0\n')
    }
  })

  test('not on the PATH it runs with the runtime it was installed with, whatever node the shell finds', () => {
    const { env, rc, directory } = home()
    const bin = join(directory, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'node'), '#!/bin/sh\necho "too old" >&2\nexit 1\n', { mode: 0o755 })
    const shellEnv = { ...env, ...COMPILED, PATH: `${bin}:/usr/bin:/bin` }
    execFileSync(process.execPath, [MAIN, 'shell', 'install', 'bash'], { env: shellEnv })
    // The hook is for interactive shells; one without a terminal complains about that alone.
    const run = spawnSync('bash', ['--rcfile', rc, '-ic', 'declare -F __karo_prompt'], {
      env: shellEnv,
      encoding: 'utf8',
    })
    expect(run.stdout).toBe('__karo_prompt\n')
    expect(run.stderr).not.toContain('too old')
  })

  test('on the PATH it runs by name; either form takes the place of the other, and either goes', async () => {
    const { env, rc, directory } = home()
    const bin = join(directory, 'bin')
    mkdirSync(bin)
    const program = join(bin, 'karo')
    writeFileSync(program, '', { mode: 0o755 })
    const [, before = ''] = process.argv
    process.argv[1] = program
    onTestFinished(() => {
      process.argv[1] = before
    })
    const run = async (PATH: string, what: string): Promise<string> => {
      expect((await karo({ ...env, PATH }, 'shell', what, 'bash')).code).toBe(0)
      return readFileSync(rc, 'utf8')
    }
    writeFileSync(rc, '# mine\n')
    const byPath = await run('/usr/bin', 'install')
    expect(byPath).toContain(process.execPath)
    const byName = await run(bin, 'install')
    expect(byName).toBe(
      '# mine\nif [ -O "$HOME"/.local/share/karo/shells/bash ]; then . "$HOME"/.local/share/karo/shells/bash; elif command -v karo >/dev/null 2>&1; then eval "$(karo shell init bash --keep)"; fi # karo shell hook\n',
    )
    expect(await run('/usr/bin', 'install')).toBe(byPath)
    expect(await run(bin, 'uninstall')).toBe('# mine\n')
    await run(bin, 'install')
    expect(await run('/usr/bin', 'uninstall')).toBe('# mine\n')
  })

  test('what is no file is refused, with the place', async () => {
    const { env, rc } = home()
    mkdirSync(rc)
    const err = expect.stringContaining(rc)
    expect(await karo(env, 'shell', 'install', 'bash')).toMatchObject({ code: 1, err })
  })
})

test('what is appended later is no part of the line: adding and removing restores all but a last line end', () => {
  const text = fc
    .array(fc.constantFrom('a', '\n', '\r', ' ', '#', '# karo', "'"), { maxLength: 20 })
    .map((parts) => parts.join(''))
  forAll(text, (before) => {
    const once = withLine(before, 'line')
    expect(once.endsWith('\n')).toBe(true)
    expect(withLine(once, 'line')).toBe(once)
    // As an earlier version left it.
    expect(withLine(once.slice(0, -1), 'line')).toBe(once)
    expect(withoutLine(`${once}later`)).toBe(`${before}${/[^\n]$/.test(before) ? '\n' : ''}later`)
  })
})
