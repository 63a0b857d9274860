// No way of writing a file the guard goes by is allowed unasked, however its path is spelled; reading these files is.
import { linkSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { judge, loadGuard, machineOf } from '../../../../src/assist/guard/index.ts'
import { SOMETHING, UNKNOWN } from '../../../../src/assist/risk/model.ts'
import { mayBeOwn, OWN_PARTS } from '../../../../src/assist/risk/writes/own-files.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import { SPELLINGS, WAYS } from '../../../support/shell/ways-to-write.ts'

const guard = loadGuard({ home: '/nonexistent', env: {}, machineFile: '/nonexistent/guard.toml' })
const HOME = '/home/me'
const PLACE = { home: HOME, cwd: `${HOME}/project`, karoHome: `${HOME}/.local/share/karo` }

/** Below the home. */
const SETTINGS = `
.claude/settings.json .claude/settings.local.json .codex/hooks.json .codex/config.toml .cursor/hooks.json .gemini/settings.json
.copilot/hooks/karo.json .local/share/karo/guard.toml .local/share/karo/config.toml .local/share/karo/identity.key
.local/share/karo/spool/x .config/systemd/user/karo.service project/.claude/settings.json project/.github/hooks/karo.json
.config/opencode/plugin/karo.js project/.opencode/plugin/karo.js
`
  .trim()
  .split(/\s+/)
const START = '.bashrc .profile .bash_profile .zshrc .zshenv .config/fish/config.fish'.split(' ')
const MACHINE =
  '/etc/karo/guard.toml /etc/claude-code/managed-settings.json /etc/systemd/system/karo.service /usr/lib/karo/dist/karo.js'.split(
    ' ',
  )
/** All of them, or by turns: five files that follow each other have them all between them. */
const spellingsFor = (at: number) =>
  Object.values(SPELLINGS).filter((_, turn) => turn % times(5, 1) === at % times(5, 1))
const decide = (line: string, caller: 'person' | 'tool', more: object = {}) =>
  judge(guard, line, { ...PLACE, caller, ...more }).decision

test('a link to where nobody may look is not followed', () => {
  const directory = realpathSync(temporaryDirectory())
  const [home, served] = [join(directory, 'home'), join(directory, 'served')]
  for (const one of [home, served]) mkdirSync(one)
  writeFileSync(join(served, 'rc'), '')
  symlinkSync(join(served, 'rc'), join(home, '.bashrc'))
  writeFileSync(join(home, '.profile'), '')
  const startFiles = (mayLook: (path: string) => boolean) =>
    machineOf({ home, mayLook }, {}, { files: [] }).startFiles
  expect(startFiles(() => true)).toEqual(expect.arrayContaining([join(served, 'rc'), join(home, '.profile')]))
  expect(startFiles((path) => !path.startsWith(served))).toEqual([join(home, '.profile')])
})

test('another name of a file of the guard is that file', () => {
  const home = realpathSync(temporaryDirectory())
  const karoHome = join(home, 'karo')
  const cwd = join(home, 'project')
  for (const one of [karoHome, cwd]) mkdirSync(one)
  for (const [i, file] of ['.bashrc', 'karo/config.toml', 'project/notes'].entries()) {
    writeFileSync(join(home, file), '')
    linkSync(join(home, file), join(cwd, `link${i}`))
  }
  const place = { home, karoHome, cwd }
  const decisions = [0, 1, 2].map((i) =>
    decide(`echo content > link${i}`, 'tool', { ...place, machine: machineOf(place, {}, guard) }),
  )
  expect(decisions).toEqual(['confirm', 'confirm', 'allow'])
})

describe.each(['tool', 'person'] as const)('of a %s', (caller) => {
  const all = caller === 'tool' ? [...SETTINGS, ...START] : SETTINGS
  test.each(WAYS.map((way, turn) => ({ ...way, turn })))('$name', ({ line, literal, turn }) => {
    // What a line writes is found alike for both, so for a person each way is tried with every fourth file, and all ways together
    // with each spelling.
    const each = caller === 'tool' ? 1 : times(4, 1)
    const allowed: string[] = []
    for (const [at, rest] of all.entries()) {
      if (at % each !== turn % each) continue
      const spelled = literal
        ? [{ before: '', file: `${HOME}/${rest}` }]
        : spellingsFor(at).map((spell) => spell(rest))
      for (const { before = '', file } of spelled) {
        const text = before + line(file)
        if (decide(text, caller) === 'allow') allowed.push(text)
      }
    }
    for (const file of MACHINE) if (decide(line(file), caller) === 'allow') allowed.push(line(file))
    expect(allowed).toEqual([])
  })
})

test.each(
  `
rm -rf ~/.claude | mv ~/.claude ~/x | chmod 000 ~/.claude | chmod -R a-r ~/.claude | mount -t tmpfs none ~/.claude
mount --bind x ~/.local/share/karo | cp -r x/.claude ~ | cp -r x/. ~/.claude | cp x/settings.json ~/.claude
cp x/settings.json x/other.json ~/.claude | rsync -a x/ ~/.claude/ | rsync -a --delete x/ ~/.claude | tar xf x.tar -C ~/.claude
unzip -o x.zip -d ~/.claude | 7z x x.7z -o$HOME/.claude | git -C ~/.claude diff --output settings.json
find ~/.claude -name 'settings*' -delete | find ~ -path '*.claude/settings.json' -exec truncate -s0 {} +
find ~ -name settings.json -exec cp x {} ';' | ls ~/.claude/*.json | xargs truncate -s0 | rm ~/.claude/*.json | rm -rf ~/.c*
env -C ~/.claude sort -o settings.json x | scp x localhost:.claude/settings.json | scp x me@127.0.0.1:/home/me/.claude/settings.json
docker run -v ~/.claude:/c alpine sh | docker run --volume=$HOME/.claude:/c alpine sh | bwrap --bind ~/.claude /c sh
ln ~/.claude/settings.json other | ln -s ~/.claude other | git checkout HEAD~1 -- .claude/settings.json | git rm --cached .claude/settings.json
git mv .claude old | zip -m x.zip ~/.claude/settings.json | tar cf x.tar --remove-files ~/.claude | $TOOL ~/.claude/settings.json
python3 -c 'import os; open(os.path.join(os.environ["HOME"], ".claude", "settings.json"), "w")'
python3 -c 'from pathlib import Path; (Path.home() / ".claude" / "settings.json").unlink()'
node -e 'fs.writeFileSync(os.homedir() + "/.cla" + "ude/settings.json", "{}")' | python3 tool.py ~/.claude/settings.json
rm -rf ~/.local/share | chmod -R 000 ~/.local | sqlite3 ~/.local/share/karo/db/x 'delete from x' | patch -p0 <<< '--- /home/me/.claude/settings.json'
cd -- ~/.claude && sort -o settings.json x | pushd ~/.claude; pushd /tmp; popd; sort -o settings.json x | OLDPWD=~/.claude; cd -; sort -o settings.json x
HOME=~/.claude; cd; sort -o settings.json x | f=~/.claude/settings.json; sort -o "\${f%/*}"/settings.json x | f=x/settings.json; sort -o ~/.claude/\${f##*/} x
jaq -i . ~/.claude/settings.json | mv -T x ~/.claude | pax -rw x ~/.claude | cpio -pdm ~/.claude < list | ar x x.a --output ~/.claude
ansible localhost -m file -a 'path=/home/me/.claude state=absent' | go run x.go ~/.claude/settings.json | pkill -f karo.js | killall karo
tclsh <<< 'file delete -force [file join $env(HOME) .claude]' | patch -d ~/.claude < x.diff | launchctl bootout gui/501/karo
claude --settings '{"disableAllHooks":true}' -p x | claude --setting-sources project -p x | codex -c features.hooks=false exec x
`
    .trim()
    .split(/ \| (?!xargs)|\n/),
)('directories, links and the like: %s', (line) => {
  for (const caller of ['tool', 'person'] as const) expect(decide(line, caller), line).not.toBe('allow')
})

test.each(
  `
git -C ~ apply x.diff | git --work-tree=$HOME --git-dir=x checkout -f | GIT_WORK_TREE=~ git reset --hard | git clone x ~/.claude | git checkout-index -a --prefix=$HOME/
patch -p1 -d ~ < x.diff | tar -C / -xf x.tar | tar xPf x.tar | unzip -o x.zip -d / | cpio -pd ~ < list | python3 -m tarfile -e x.tar ~ | chezmoi apply | yadm checkout -f
HOME=/tmp/x claude -p y | env HOME=/tmp/x codex exec y | tar xf x.tar -C ~ | unzip x.zip -d ~ | cp -r x/. ~ | vim ~/.claude/settings.json | nano ~/.bashrc | code ~/.claude/settings.json
echo 'export A=1' >> ~/.bashrc | sed -i s/a/b/ ~/.zshrc | printf x > ~/.profile | cat >> ~/.config/fish/config.fish
claude --settings x.json -p y | claude --safe-mode -p x | CLAUDE_CODE_SAFE_MODE=1 claude -p x | codex -c hooks=[] exec x | codex --disable hooks exec x | gemini hooks disable-all | opencode --pure run x | npx @openai/codex -c hooks=[] exec x
GEMINI_CLI_HOME=/tmp/x gemini -p y | export OPENCODE_CONFIG=/tmp/x | XDG_CONFIG_HOME=/tmp/x opencode run y | copilot --config-dir /tmp/x | sed s/a/b/w.claude/settings.json x
echo x > .mcp.json | tee .github/extensions/x/extension.mjs | cp x.js .opencode/plugin/x.js | claude mcp add x -- y | gemini extensions install x | codex -c mcp_servers.x.command=y exec z
CLAUDE_CONFIG_DIR=/tmp/x claude -p y | export CODEX_HOME=/tmp/x | rm ~/.bashrc | tee -a /etc/profile | python3 -c 'open("/home/me/.bashrc", "a").write("x")'
`
    .trim()
    .split(/ \| |\n/),
)('asked of a tool alone: %s', (line) => {
  expect(decide(line, 'tool'), line).not.toBe('allow')
})

test.each(
  `
vim ~/.bashrc | vim +10 ~/.claude/settings.json | nano ~/.claude/settings.json | code ~/.claude | $EDITOR ~/.zshrc
echo 'export A=1' >> ~/.bashrc | sed -i s/a/b/ ~/.bashrc | cp dotfiles/.zshrc ~/.zshrc | tar xf dotfiles.tar -C ~
`
    .trim()
    .split(/ \| |\n/),
)('a person is not asked: %s', (line) => {
  expect(decide(line, 'person'), line).toBe('allow')
})

test.each(
  `
cat ~/.claude/settings.json | jq '.hooks' ~/.claude/settings.json | less ~/.bashrc | grep -rn hooks ~/.claude | ls -la ~/.claude
find ~/.claude -name settings.json | find . -name '*.json' -delete | find . -type f -exec sed -i s/a/b/ {} + | wc -l ~/.zshrc
diff ~/.claude/settings.json x | git diff .claude/settings.json | git add .claude/settings.json | git log --oneline -- .claude
git commit -m 'Update .claude/settings.json' | cp ~/.claude/settings.json /tmp | cp -r ~/.claude backup/ | cp x.md ~/.claude/commands/
mkdir -p ~/.claude/commands | rm ~/.claude/history.jsonl | rm -rf ~/.claude/cache | tar czf x.tgz ~/.claude | tar xf x.tar -C build | git -C ../other pull | git -C ~/src/x apply y.diff | patch -d src < x.diff | mount -o remount,resize ~
cd -- src && rm settings.json | cd ~/.claude; cd -; rm settings.json | HOME=/tmp/x npm test | go build ./... | pkill node | zip -r x.zip ~/.claude
python3 -c 'import json; print(json.load(open("/home/me/.claude/settings.json"))["hooks"])' | python3 -m json.tool ~/.claude/settings.json
node -p 'JSON.parse(fs.readFileSync(process.env.HOME + "/.claude/settings.json")).hooks' | sed -n 1,20p ~/.claude/settings.json
awk '/hooks/' ~/.claude/settings.json | awk 'NR > 3' ~/.bashrc | sha256sum ~/.claude/settings.json | stat ~/.bashrc | yq .hooks ~/.claude/settings.json
rsync -a ~/.claude/ backup/ | scp ~/.claude/settings.json host: | source ~/.bashrc | bash -n ~/.bashrc | [ -e ~/.bashrc ] | shellcheck ~/.bashrc
docker run -v ~/.claude:/c:ro x | karo check 'sort -o ~/.claude/settings.json x' | gh pr create --title x --body 'changes .claude/settings.json'
echo 'edit ~/.claude/settings.json' | sort -o out.txt in.txt | mv src/hooks/a.ts src/hooks/b.ts | prettier --write src/settings.ts | rm src/settings.json
claude -p x | claude --settings '{"model":"x"}' -p y | codex -c model=x exec y | codex exec x | XDG_CONFIG_HOME=/tmp/x npm test
npm test | gcc -o app main.c | rsync -a src/ dst/ | tar xf x.tar | unzip -d build x.zip | chmod -R u+w build | git stash | git pull
`
    .trim()
    .split(/ \| |\n/),
)('reading, and what is something else: %s', (line) => {
  for (const caller of ['tool', 'person'] as const) expect(decide(line, caller), line).toBe('allow')
})

test('zsh writes to each word that braces make of one', () => {
  for (const line of [': > ~/.claude/settings.{json,bak}', 'echo x >> ~/.{claude,codex}/settings.json'])
    expect(decide(line, 'tool', { shell: 'zsh' }), line).not.toBe('allow')
  expect(decide(': > build/{a,b}', 'tool', { shell: 'zsh' })).toBe('allow')
})

test('links lead to what they lead to, and files are known that only the configuration names', () => {
  const home = temporaryDirectory()
  const project = join(home, 'project')
  mkdirSync(join(home, '.claude'))
  mkdirSync(join(home, 'dotfiles'))
  mkdirSync(join(project, '.claude'), { recursive: true })
  writeFileSync(join(home, '.claude/settings.json'), '{}')
  writeFileSync(join(project, '.claude/settings.local.json'), '{}')
  writeFileSync(join(home, 'dotfiles/gemini.json'), '{}')
  writeFileSync(join(home, 'my-rules.toml'), '')
  mkdirSync(join(home, '.gemini'))
  symlinkSync('../dotfiles/gemini.json', join(home, '.gemini/settings.json'))
  symlinkSync('../.claude', join(project, 'link'))
  symlinkSync('../.claude/settings.json', join(project, 'other.json'))
  const place = { home, cwd: project, karoHome: join(home, 'node') }
  const machine = machineOf(
    place,
    { CLAUDE_CONFIG_DIR: join(home, 'moved') },
    {
      files: [{ path: join(home, 'my-rules.toml'), whose: 'own' }],
    },
  )
  const said = (line: string, more: object = { machine }) => decide(line, 'tool', { ...place, ...more })
  const asked = [
    'sort -o link/settings.json x',
    'cd link && sort -o settings.json x',
    'sort -o other.json x',
    'tee link/../.claude/settings.json < x',
    'cp x ../dotfiles/gemini.json',
    'sort -o ~/my-rules.toml x',
    'rm -rf link/',
    'git clean -fd .',
    'git checkout -- .',
    `sort -o ${process.execPath} x`,
  ]
  for (const line of asked) expect(said(line), line).not.toBe('allow')
  // Without the machine's files only names tell.
  for (const line of ['sort -o other.json x', 'cp x ../dotfiles/gemini.json', 'sort -o ~/my-rules.toml x'])
    expect(said(line, {}), line).toBe('allow')
  for (const line of [
    'sort -o new.json x',
    'cat other.json',
    'cp link/settings.json x',
    'git status',
    'rm -rf build',
  ])
    expect(said(line), line).toBe('allow')
})

test('in a directory of ours a name is a file of ours, and a flag is not', () => {
  const said = (line: string) =>
    decide(line, 'tool', { home: '/home/me', cwd: '/home/me/.local/share/karo/x' })
  expect(said('rm -rf /tmp/build')).toBe('allow')
  expect(said('sort --reverse /tmp/list')).toBe('allow')
  expect(said('sort -o config.toml /tmp/list')).not.toBe('allow')
})

test('a person writes start files unasked, whatever is there; a tool is asked, and where they lead counts', () => {
  const home = temporaryDirectory()
  mkdirSync(join(home, 'dotfiles'))
  writeFileSync(join(home, 'dotfiles/zshrc'), '')
  writeFileSync(join(home, '.bashrc'), '')
  symlinkSync('dotfiles/zshrc', join(home, '.zshrc'))
  const place = { home, cwd: home, karoHome: join(home, 'node') }
  const machine = machineOf(place, {}, { files: [] })
  for (const line of ['echo "alias ll=ls" >> ~/.bashrc', 'sed -i s/a/b/ .zshrc', 'cp x dotfiles/zshrc']) {
    expect(decide(line, 'person', { ...place, machine }), line).toBe('allow')
    expect(decide(line, 'tool', { ...place, machine }), line).not.toBe('allow')
  }
})

test('the quick look at a word finds all that one pattern, tried from each of its characters, would find', () => {
  const wild = `[*?[${UNKNOWN}${SOMETHING}]`
  const parts = OWN_PARTS.map((part) => part.replaceAll('.', '\\.')).join('|')
  // Right, but on a deep path as many times as slow as it has slashes.
  const slow = new RegExp(`${parts}|/[^\\s"']*${wild}|${wild}[^\\s"']*/|(?:^|[\\s"'=:])\\.[\\w.-]*${wild}`)
  const pieces = [...'/*?[. "\'=:-a\n', UNKNOWN, SOMETHING, '/cursor', '.claud', 'e', 'karo'] as const
  const found = { yes: 0, no: 0 }
  forAllIn(
    { numRuns: times(2_000, 20_000) },
    fc.array(fc.constantFrom(...pieces), { maxLength: 12 }),
    (some) => {
      const text = some.join('')
      expect(mayBeOwn(text), text).toBe(slow.test(text))
      found[slow.test(text) ? 'yes' : 'no']++
    },
  )
  expect(Math.min(found.yes, found.no)).toBeGreaterThan(times(200, 2_000))
})
