// Rules about deleting files and directory trees.
// Longer than 300 lines: one table, whose entries are read one by one.
import { SOMETHING, UNKNOWN } from '../../model.ts'
import { movedAside, rather } from '../rewrite.ts'
import { inPlace, inPlaceIfEmpty, isOpaque, matching, only, type Rule, tools } from '../rule.ts'
import { DELETERS, deletedTrees, FOUND_IN_ROOT, isRecursive, TREE_DELETERS } from '../targets.ts'

/** An unknown child of the root: any system directory, or what `find /` found. */
const ROOT_CHILD = new RegExp(`^/+[${UNKNOWN}${SOMETHING}]+/*$`)

/** `${DIR:?}`: the shell stops there when the variable is empty. */
const insisting = (raw: string) =>
  raw.replace(/\$\{?([A-Za-z_]\w*)\}?(?=["/]|$)/g, (_all, name: string) => `\${${name}:?}`)

export const DELETION_RULES: readonly Rule[] = [
  {
    id: 'rm-root',
    level: 'critical',
    core: true,
    why: 'Deletes every file on the machine.',
    tools: DELETERS,
    when: (c, o) => {
      const hits = inPlace(c, deletedTrees(c, o), 'root')
      return hits.length > 0
        ? hits
        : only(isRecursive(o), o.flag('no-preserve-root') && [o.flag('no-preserve-root')!])
    },
    examples: {
      risky: [
        'rm -rf /',
        'rm -fr /*',
        'rm -r -f -- /',
        'sudo rm -rf --no-preserve-root /',
        'find / -delete',
        'rm -rf /./',
        'rm -rf /tmp/../*',
        'cd / && rm -rf *',
        'find / -exec rm -rf {} +',
        'X=/; rm -rf $X',
        'echo / | xargs rm -rf',
        'python3 -c \'import shutil; shutil.rmtree("/")\'',
        'deno eval \'Deno.removeSync("/",{recursive:true})\'',
        'npx rimraf /',
      ],
      harmless: ['rm -rf /tmp/x', 'rm -rf ./', 'ls /', 'find / -name x', 'rm -rf target'],
    },
  },
  {
    id: 'rm-home',
    level: 'critical',
    core: true,
    why: 'Deletes a whole home directory.',
    tools: DELETERS,
    when: (c, o) => inPlace(c, deletedTrees(c, o), 'home'),
    examples: {
      risky: [
        'rm -rf ~',
        'rm -rf ~/',
        'rm -rf $HOME',
        'rm -rf "$HOME"/*',
        'rm -rf ~/.*',
        'rm -rf /home/alice',
        'cd && rm -rf *',
        'rm -rf ~root',
        'find ~ -delete',
        'rm -rf ${HOME}/{*,.*}',
      ],
      harmless: [
        'rm -rf ~/project/build',
        'rm -rf ~/.cache/pip',
        'rm -rf "~"',
        'find ~ -name "*.tmp" -delete',
      ],
    },
  },
  {
    id: 'rm-system',
    level: 'critical',
    core: true,
    why: 'Deletes a directory the system cannot run without.',
    tools: DELETERS,
    when: (c, o) => inPlace(c, deletedTrees(c, o), 'system'),
    examples: {
      risky: [
        'rm -rf /etc',
        'rm -rf /usr/',
        'rm -rf /home',
        'rm -rf /b*',
        'rm -rf /{bin,etc}',
        'rm -rf /usr/lib/*',
        'find /boot -delete',
        'rm -rf /v[a]r',
        'rm -rf /dev/../etc',
        'rm -rf /home/*',
      ],
      harmless: ['rm -rf ./etc', 'rm -rf usr', 'rm -rf /var/tmp/build', 'rm -rf build/etc'],
    },
  },
  {
    id: 'rm-keys',
    level: 'critical',
    core: true,
    why: 'Deletes keys that cannot be made again.',
    tools: DELETERS,
    when: (c, o) => inPlace(c, deletedTrees(c, o), 'keys'),
    examples: {
      risky: ['rm -rf ~/.ssh', 'rm -r $HOME/.gnupg/', 'rm -rf ~/.local/share/karo', 'rm -rf ~/.ss*'],
      harmless: ['rm ~/.ssh/known_hosts.old', 'rm -rf ~/.ssh/sockets'],
    },
  },
  {
    id: 'rm-inside-system',
    level: 'high',
    why: 'Deletes files that belong to the system.',
    tools: DELETERS,
    when: (c, o) => inPlace(c, deletedTrees(c, o), 'inside-system'),
    safer: movedAside,
    examples: {
      risky: ['rm -rf /etc/nginx', 'sudo rm -rf /usr/lib/python3', 'rm -r /boot/grub2'],
      harmless: ['rm -rf /usr/local/lib/mytool', 'rm -rf /var/lib/apt/lists/*'],
    },
  },
  {
    id: 'rm-file-system',
    level: 'high',
    why: 'Deletes files that belong to the system.',
    tools: tools('rm grm srm unlink'),
    when: (c, o) =>
      only(!isRecursive(o), [
        ...inPlace(c, o.operands, 'root', 'system', 'inside-system', 'disk'),
        ...o.operands.filter((arg) => ROOT_CHILD.test(arg.text)),
      ]),
    safer: movedAside,
    examples: {
      risky: [
        'rm /etc/fstab',
        'rm -f /*',
        'sudo rm /boot/vmlinuz',
        'unlink /usr/bin/python3',
        'find / -type f -print0 | xargs -0 rm -f',
      ],
      harmless: ['rm notes.txt', 'rm /usr/local/bin/mytool', 'rm -rf /etc'],
    },
  },
  {
    id: 'rm-shared',
    level: 'high',
    why: 'Deletes the top of a tree that services or several people share.',
    tools: DELETERS,
    when: (c, o) => inPlace(c, deletedTrees(c, o), 'shared-root'),
    safer: rather('ls', '-d'),
    examples: {
      risky: ['rm -rf /opt/*', 'rm -rf /srv', 'rm -rf /usr/local', 'rm -rf /var/www/html/*'],
      harmless: ['rm -rf /opt/app/old'],
    },
  },
  {
    id: 'rm-inside-shared',
    level: 'moderate',
    why: 'Deletes a tree that services or other people may use.',
    tools: DELETERS,
    when: (c, o) => inPlace(c, deletedTrees(c, o), 'inside-shared'),
    safer: movedAside,
    examples: {
      risky: ['rm -rf /opt/app', 'rm -rf /srv/git/old.git'],
      harmless: ['rm -rf ./opt/app', 'rm /opt/app/x.log'],
    },
  },
  {
    id: 'rm-personal',
    level: 'high',
    why: 'Deletes personal files or the settings of many programs.',
    tools: DELETERS,
    when: (c, o) => inPlace(c, deletedTrees(c, o), 'personal'),
    safer: rather('gio', 'trash'),
    examples: {
      risky: ['rm -rf ~/Documents', 'rm -rf ~/.config', 'rm -rf ~/D*'],
      harmless: ['rm -rf ~/.config/foo', 'rm ~/Documents/x.txt'],
    },
  },
  {
    id: 'rm-working',
    level: 'high',
    why: 'Deletes everything in this directory, or a directory above it.',
    tools: DELETERS,
    when: (c, o) =>
      inPlace(
        c,
        deletedTrees(c, o).filter(() => !c.name.endsWith('find')),
        'working',
      ),
    safer: 'ls -A',
    examples: {
      risky: [
        'rm -rf *',
        'rm -rf ./*',
        'rm -rf .',
        'rm -rf ..',
        'rm -rf ../*',
        'rm -r -- *',
        'rm -rf .*',
        'rm -rf !(keep)',
        'rm -rf *(D)',
        'rm -rf ^keep',
        'find . | xargs rm -rf',
        'rm -rf "$PWD"',
        'ls | xargs rm -rf',
      ],
      harmless: ['rm -rf build/*', 'rm -rf *.o', 'rm *.log', 'rm -rf ./target', 'ls *.o | xargs rm -rf'],
    },
  },
  {
    id: 'rm-empty-variable',
    level: 'high',
    why: 'If the variable is empty, this deletes the root, a home, or this whole directory.',
    tools: DELETERS,
    when: (c, o) => {
      const trees = deletedTrees(c, o)
      const named = inPlaceIfEmpty(c, trees, 'root', 'home', 'system', 'keys', 'working')
      // `$X/*` reads as `/*`; a child of the root that is not known could be any system directory.
      return [
        ...named,
        ...trees.filter(
          (arg) => !named.includes(arg) && ROOT_CHILD.test(arg.text) && !FOUND_IN_ROOT.test(arg.text),
        ),
      ]
    },
    safer: { rewrite: insisting },
    examples: {
      risky: [
        'rm -rf "$DIR"/*',
        'rm -rf $X/',
        'rm -rf /$X',
        'rm -rf "$STEAMROOT/"*',
        'rm -rf $A$B/',
        'cd $DIR && rm -rf *',
        'rm -rf ${DIR}/usr',
      ],
      harmless: [
        'rm -rf "${DIR:?}"/*',
        'DIR=build; rm -rf "$DIR"/*',
        'rm -rf "build/$X"',
        'rm -rf ${DIR:-/tmp/x}/*',
      ],
    },
  },
  {
    id: 'rm-unknown',
    level: 'moderate',
    why: 'What this deletes depends on something the text does not show.',
    tools: ['rm', 'grm', 'srm', ...TREE_DELETERS],
    when: (c, o) => deletedTrees(c, o).filter((arg) => isOpaque(arg) && arg.text.includes(UNKNOWN)),
    safer: { rewrite: insisting },
    examples: {
      risky: ['rm -rf $DIR', 'rm -r "$(cat list)"', 'rimraf $DIR'],
      harmless: ['rm -rf "$DIR/cache"', 'rm $FILE', 'T=$(mktemp -d); rm -rf "$T"'],
    },
  },
  {
    id: 'rm-git',
    level: 'high',
    why: 'Deletes a repository with all its history.',
    tools: DELETERS,
    when: (c, o) => matching(deletedTrees(c, o), /(?:^|\/)\.git\/*\*?$/),
    safer: movedAside,
    examples: {
      risky: ['rm -rf .git', 'rm -rf project/.git/', 'find .git -delete'],
      harmless: ['rm -rf .github', 'rm .git/index.lock', 'rm -rf .git/hooks'],
    },
  },
  {
    id: 'rm-all-files',
    level: 'moderate',
    why: 'Deletes every file in this directory.',
    tools: tools('rm grm srm unlink'),
    when: (c, o) => only(!isRecursive(o), inPlace(c, o.operands, 'working', 'home')),
    safer: 'ls -A',
    examples: { risky: ['rm *', 'rm -f ./*', 'rm -f ~/*'], harmless: ['rm *.txt', 'rm -i old', 'rm -rf *'] },
  },
  {
    id: 'rm-all-files-deep',
    level: 'high',
    why: 'Deletes every file in this directory and all below it.',
    tools: tools('rm grm srm unlink'),
    when: (c, o) =>
      only(
        !isRecursive(o),
        inPlace(c, o.operands, 'working', 'home').filter((arg) => /(?:^|\/)\*\*(?:\/|$)/.test(arg.text)),
      ),
    safer: 'ls -A',
    examples: { risky: ['rm **/*', 'rm -f **/*(.)'], harmless: ['rm **/*.pyc', 'rm *'] },
  },
  {
    id: 'rm-privileged',
    level: 'moderate',
    why: 'Deletes a tree as another user, so no permission stands in its way.',
    tools: tools('rm grm srm'),
    when: (c, o) =>
      only(c.privileged && isRecursive(o), o.operands.length > inPlace(c, o.operands, 'temporary').length),
    examples: {
      risky: ['sudo rm -rf build', 'doas rm -r old'],
      harmless: ['sudo rm -rf /var/lib/apt/lists/*', 'sudo rm file', 'rm -rf build', 'sudo rm -rf /tmp/x'],
    },
  },
]
