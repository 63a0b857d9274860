// Rules about overwriting files, adding to those the system trusts, and moving them away.
import { isGlob } from '../../line/glob.ts'
import type { Options } from '../../line/options.ts'
import { resolvePath } from '../../line/paths.ts'
import { type Arg, baseName, NO_OUTPUT, type SimpleCommand, UNKNOWN } from '../../model.ts'
import { type Rewrite, say } from '../rewrite.ts'
import { inPlace, matching, naming, type Rule, tools, verb } from '../rule.ts'
import { appended, filled, overwritten } from '../targets.ts'

const RC_FILE =
  /(?:^|\/)\.(?:bashrc|bash_profile|profile|zshrc|zprofile|zshenv|bash_logout|config\/fish\/config\.fish|vimrc|gitconfig|ssh\/(?:config|authorized_keys|known_hosts)|tmux\.conf)$/
/** Directories in which each file is obeyed: what is unpacked there is not seen one by one. */
const RULES_THE_SYSTEM =
  /^\/(?:etc(?:\/(?:sudoers\.d|pam\.d|cron\.[a-z]+|ssh|profile\.d|ld\.so\.conf\.d))?|boot|bin|sbin|usr\/s?bin)$/
const MOUNTS = /^\/etc\/(?:fstab|crypttab)$/
const ACCOUNTS =
  /^\/etc\/(?:passwd|shadow|group|gshadow|sudoers(?:\.d\/.*)?|fstab|pam\.d\/.*|crypttab|ld\.so\.preload)$/
/** Directories made for dropping files into, and files that guides tell everybody to write. */
const DROP_IN =
  /^\/etc\/(?:[^/]+(?:\/[^/]+)*\.d\/|apt\/|yum\.repos\.d\/|default\/|nginx\/|systemd\/system\/|docker\/|modprobe\.d\/|hosts$|hostname$|environment$|motd$|issue$|profile$)|^\/usr\/share\/keyrings\//

/** What a command moves away, to another place or into the trash. */
function moved({ name }: SimpleCommand, o: Options): readonly Arg[] {
  if (name === 'gio') return verb(o) === 'trash' ? o.operands.slice(1) : []
  if (name.startsWith('kioclient')) return verb(o) === 'move' ? o.operands.slice(1, -1) : []
  return name !== 'mv' || o.value('t', 'target-directory') ? o.operands : o.operands.slice(0, -1)
}

/**
 * `for f in *; do mv "$f" "$f.bak"; done`: each file gets another name where it is. Not those that begin with a dot,
 * without which programs do not find what is theirs.
 */
function isRenamedBeside({ name }: SimpleCommand, o: Options, from: Arg): boolean {
  const [first, to, more] = o.operands
  if (name !== 'mv' || first !== from || to === undefined || more !== undefined) return false
  if (o.value('t', 'target-directory') || from.each !== true || to.each !== true) return false
  const [directory, files] = [directoryOf(from.text), baseName(from.text)]
  return (
    /^\*[^*?[\]]*$/.test(files) && !isGlob(directory) && directoryOf(to.text) === directory && isNamed(to)
  )
}

const directoryOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)
/** Whether a part of the name is the file's own, so that no two get the same. */
const isNamed = ({ text }: Arg) => baseName(text).includes('*') || baseName(text).includes(UNKNOWN)

/**
 * Another version of the file put there whole, as people keep theirs: a copy, a link to one of the same name. Not
 * nothing in its place, nor `ln -f` of another file, nor who may log in linked away.
 */
function isPutInPlace({ name }: SimpleCommand, o: Options, { text }: Arg): boolean {
  if (!/^(?:cp|ln|sed|install|mv|perl)$/.test(name)) return false
  if (/^(?:cp|ln|install)$/.test(name) && o.operands[0]?.text === '/dev/null') return false
  if (name !== 'ln' || !o.flag('f', 'force')) return true
  const plain = (path: string) => baseName(path).replace(/^[._]|^dot[._-]/, '')
  return plain(o.operands[0]?.text ?? '') === plain(text) && !text.endsWith('authorized_keys')
}

/** `>>` for `>`, where that is all the command is redirected by and what it reads is not on the line. */
const addedInstead: Rewrite = (c) => {
  const [sole, more] = c.redirections
  if (sole?.operator !== '>' || sole.descriptor !== undefined || more !== undefined) return undefined
  if (c.input !== NO_OUTPUT || c.name === '' || sole.target.span[1] > c.span[1]) return undefined
  const [command, file] = [say(c.path, ...c.args), say(sole.target)]
  return command === undefined || file === undefined ? undefined : `${command} >> ${file}`
}

/** A line of it is changed in place by sed, which keeps the others. */
function isEdited({ name }: SimpleCommand, o: Options, arg: Arg): boolean {
  return name === 'sed' && o.flag('i', 'in-place') !== undefined && o.operands.includes(arg)
}

export const OVERWRITE_RULES: readonly Rule[] = [
  {
    id: 'mv-to-null',
    level: 'critical',
    why: 'Moving files onto /dev/null loses them or replaces the device.',
    tools: tools('mv'),
    when: (_c, o) => matching(o.operands.slice(1), /^\/dev\/null$/),
    safer: { instead: '/tmp/' },
    examples: {
      risky: ['mv ~/x /dev/null', 'mv important.txt /dev/null', 'mv /* /dev/null'],
      harmless: ['mv a b', 'cp /dev/null x', 'ls > /dev/null'],
    },
  },
  {
    id: 'mv-system',
    level: 'critical',
    core: true,
    why: 'Moves away a directory the system, or a person, cannot work without.',
    tools: tools('mv trash trash-put gio gvfs-trash kioclient kioclient5'),
    when: (c, o) => [
      ...inPlace(c, moved(c, o), 'root', 'system', 'keys'),
      ...inPlace(c, moved(c, o), 'home').filter((arg) => !isRenamedBeside(c, o, arg)),
    ],
    examples: {
      risky: [
        'mv /etc /tmp/etc',
        'mv /usr/lib /old',
        'mv ~ /mnt/backup',
        'mv /* /tmp',
        'mv -t /tmp /bin',
        'trash-put /',
        'gio trash ~',
      ],
      harmless: ['mv a.txt /etc', 'mv x ~', 'mv ./etc old', 'trash ~/x', 'gio trash old', 'gio list /'],
    },
  },
  {
    id: 'write-accounts',
    level: 'critical',
    why: 'Overwrites the accounts, permissions or mounts the system starts from.',
    tools: ['*'],
    when: (c, o) =>
      naming(
        c,
        overwritten(c, o).filter((arg) => !isEdited(c, o, arg)),
        ACCOUNTS,
      ),
    examples: {
      risky: [
        'echo x > /etc/passwd',
        ': > /etc/shadow',
        'cp x /etc/sudoers',
        'echo x | sudo tee /etc/fstab',
        'truncate -s 0 /etc/group',
        'cat a >| "/etc/passwd"',
        'sort -o /etc/passwd x',
        'cd /etc && sort x --output=passwd',
        'openssl enc -in x -out /etc/pass*',
        'node -e \'require("fs").writeFileSync("/etc/passwd", "x")\'',
        'sqlite3 x ".output /etc/shadow" "select 1"',
      ],
      harmless: ['cat /etc/passwd', 'cp /etc/passwd backup', 'echo x > passwd', 'sort -o x /etc/passwd'],
    },
  },
  {
    id: 'append-accounts',
    level: 'high',
    why: 'Adds an account, a permission or a mount by hand.',
    tools: ['*'],
    when: (c, o) => [
      ...naming(c, appended(c, o), ACCOUNTS).filter((arg) => !MOUNTS.test(arg.text)),
      ...naming(
        c,
        overwritten(c, o).filter((arg) => isEdited(c, o, arg)),
        ACCOUNTS,
      ),
    ],
    safer: 'sudo visudo',
    examples: {
      risky: [
        'echo "x ALL=(ALL) NOPASSWD:ALL" >> /etc/sudoers',
        'echo x | sudo tee -a /etc/passwd',
        'sed -i s/a/b/ /etc/sudoers',
      ],
      harmless: ['echo x >> notes', 'sudo visudo'],
    },
  },
  {
    id: 'append-mounts',
    level: 'moderate',
    why: 'Adds a mount: a mistake in it may keep the machine from starting.',
    tools: ['*'],
    when: (c, o) => naming(c, appended(c, o), MOUNTS),
    safer: 'findmnt --verify',
    examples: {
      risky: [
        'echo "/dev/sdb1 /data ext4 defaults 0 2" | sudo tee -a /etc/fstab',
        'genfstab -U /mnt >> /etc/fstab',
      ],
      harmless: ['cat /etc/fstab', 'echo x >> fstab'],
    },
  },
  {
    id: 'write-system',
    level: 'high',
    why: 'Overwrites a file that belongs to the system.',
    tools: ['*'],
    when: (c, o) => [
      ...filled(c, o).filter((arg) => RULES_THE_SYSTEM.test(resolvePath(arg.text, c.scope))),
      ...inPlace(c, overwritten(c, o), 'inside-system').filter(
        (arg) =>
          !DROP_IN.test(arg.text) &&
          !ACCOUNTS.test(arg.text) &&
          !/^\/dev\/|^\/proc\/(?!sys)|^\/proc\/sys\/vm\/drop_caches|^\/sys\/class\/(?:leds|backlight)/.test(
            arg.text,
          ) &&
          !isEdited(c, o, arg),
      ),
    ],
    examples: {
      risky: [
        'echo x > /etc/resolv.conf',
        'cp x /usr/bin/ls',
        'dd if=x of=/boot/vmlinuz',
        'ln -sf /bin/dash /bin/sh',
        'echo 0 > /proc/sys/kernel/randomize_va_space',
        'sort -o /etc/resolv.conf x',
        'gcc -o /usr/bin/ls x.c',
        'tar xf x.tar -C /etc',
        'awk \'BEGIN { print > "/etc/resolv.conf" }\'',
      ],
      harmless: [
        'ls > /dev/null',
        'echo x > out',
        'echo "deb x" | sudo tee /etc/apt/sources.list.d/x.list',
        'cp /etc/hosts .',
        'echo hi > /dev/tty',
        'cp tool /usr/local/bin/',
        'sort /etc/hosts -o hosts',
        'gcc -o app main.c -lcrypto /usr/lib/libz.a',
        'tar cf backup.tar -C /etc .',
      ],
    },
  },
  {
    id: 'write-startup',
    level: 'high',
    why: 'Overwrites the file your shell or ssh starts from, instead of adding to it.',
    tools: ['*'],
    when: (c, o) => naming(c, overwritten(c, o), RC_FILE).filter((arg) => !isPutInPlace(c, o, arg)),
    safer: addedInstead,
    examples: {
      risky: [
        'echo "alias x=y" > ~/.bashrc',
        'cat key > ~/.ssh/authorized_keys',
        'ln -sf /dev/null ~/.ssh/authorized_keys',
        'cp /dev/null ~/.bashrc',
      ],
      harmless: [
        'echo "export X=1" >> ~/.bashrc',
        'cp .vimrc ~/.vimrc',
        'cat ~/.bashrc > copy',
        'ln -sf ~/dotfiles/bashrc ~/.bashrc',
      ],
    },
  },
  {
    id: 'authorise-key',
    level: 'moderate',
    why: 'Whoever holds that key may log in from now on.',
    tools: ['*'],
    when: (c, o) => naming(c, appended(c, o), /\.ssh\/authorized_keys2?$/),
    examples: {
      risky: ['cat k.pub >> ~/.ssh/authorized_keys'],
      harmless: ['ssh-copy-id me@host', 'cat ~/.ssh/authorized_keys'],
    },
  },
  {
    id: 'shred',
    level: 'moderate',
    why: 'Overwrites the file so that nothing can bring it back.',
    tools: tools('shred wipe srm'),
    when: (_c, o) => o.operands.length > 0,
    examples: { risky: ['shred -u secret.txt'], harmless: ['shred --help'] },
  },
]
