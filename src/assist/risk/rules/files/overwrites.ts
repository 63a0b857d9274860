// Rules about overwriting files, also many at once, covering them by a mount, adding to files that the system trusts, and moving files away.
import { isKnown } from '../../known-files.ts'
import { isGlob } from '../../line/glob.ts'
import { type Options, verb } from '../../line/options.ts'
import { type Arg, baseName, type SimpleCommand, UNKNOWN } from '../../model.ts'
import { inPlace, type Rules, redirected } from '../kit.ts'

/**
 * Whether a loop only renames files within a home: `for f in *; do mv "$f" "$f.bak"; done`. Files with a leading
 * dot do not count, because programs find their settings by these names.
 */
function isRenamedBeside(from: Arg, c: SimpleCommand, o: Options): boolean {
  const [first, to, more] = o.operands
  if (c.name !== 'mv' || first !== from || to === undefined || more !== undefined) return false
  if (
    inPlace(c, [from], 'home').length === 0 ||
    o.value('t', 'target-directory') ||
    from.each !== true ||
    to.each !== true
  )
    return false
  const [directory, files] = [directoryOf(from.text), baseName(from.text)]
  return (
    /^\*[^*?[\]]*$/.test(files) && !isGlob(directory) && directoryOf(to.text) === directory && isNamed(to)
  )
}

const directoryOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)
/** Whether the new name keeps a part of the old one, so that no two files get the same name. */
const isNamed = ({ text }: Arg) => baseName(text).includes('*') || baseName(text).includes(UNKNOWN)

/**
 * Whether the file is replaced by a whole other version, as people manage their settings: by a copy, or by a link to a file
 * of the same name. Not if /dev/null replaces it, `ln -f` links another name, or authorized_keys becomes a link.
 */
function isPutInPlace({ text }: Arg, { name }: SimpleCommand, o: Options): boolean {
  if (!/^(?:cp|ln|sed|install|mv|perl)$/.test(name)) return false
  if (/^(?:cp|ln|install)$/.test(name) && o.operands[0]?.text === '/dev/null') return false
  if (name !== 'ln' || !o.flag('f', 'force')) return true
  const plain = (path: string) => baseName(path).replace(/^[._]|^dot[._-]/, '')
  return plain(verb(o)) === plain(text) && !text.endsWith('authorized_keys')
}

/** Whether sed edits the file in place, which keeps its other lines. */
function edited(arg: Arg, { name }: SimpleCommand, o: Options): boolean {
  return name === 'sed' && o.flag('i', 'in-place') !== undefined && o.operands.includes(arg)
}

export const OVERWRITE_RULES: Rules = [
  {
    id: 'mv-to-null',
    level: 'high',
    why: 'Moving files onto /dev/null loses them or replaces the device.',
    finds: 'mv * <nothing>',
    named: { nothing: /^\/dev\/null$/ },
    safer: { instead: '/tmp/' },
    example: 'mv ~/x /dev/null',
  },
  {
    id: 'mv-system',
    level: 'critical',
    core: true,
    why: 'Moves a directory away that the system or a person cannot work without.',
    finds: `
      mv sources@root|system|keys|home!<beside>
      trash|trash-put|gvfs-trash @root|system|keys|home
      gio trash @root|system|keys|home
      kioclient|kioclient5 move sources@root|system|keys|home`,
    named: { beside: isRenamedBeside },
    example: 'mv /etc /tmp/etc',
  },
  {
    id: 'write-accounts',
    level: 'critical',
    why: 'Overwrites the accounts, permissions or mounts with which the system starts.',
    finds: '* writes!<edited><accounts>',
    named: { edited },
    example: 'echo x > /etc/passwd',
  },
  {
    id: 'append-accounts',
    level: 'high',
    why: 'Adds an account, a permission or a mount by hand.',
    finds: `
      * appends<accounts>!<mount>
      * writes<edited><accounts>`,
    named: { edited, mount: ({ text }) => isKnown('mounts', text) },
    example: 'echo "x ALL=(ALL) NOPASSWD:ALL" >> /etc/sudoers',
  },
  {
    id: 'append-mounts',
    level: 'moderate',
    why: 'Adds a mount by hand; with a mistake in it the machine may not start.',
    finds: '* appends<mounts>',
    example: 'echo "/dev/sdb1 /data ext4 defaults 0 2" | sudo tee -a /etc/fstab',
  },
  {
    id: 'write-system',
    level: 'high',
    why: 'Overwrites a file that belongs to the system.',
    finds: `
      * fills<governing>
      * writes@inside-system!<usual>!<edited>`,
    named: { edited, usual: ({ text }) => isKnown('dropin', text) || isKnown('accounts', text) },
    example: 'echo x > /etc/resolv.conf',
  },
  {
    id: 'write-startup',
    level: 'high',
    why: 'Overwrites a start file of your shell or of ssh instead of adding to it.',
    finds: '* writes<start>!<placed>',
    named: { placed: isPutInPlace },
    safer: redirected((command, file) => `${command} >> ${file}`),
    example: 'echo "alias x=y" > ~/.bashrc',
  },
  {
    id: 'authorise-key',
    level: 'moderate',
    why: 'Lets the owner of that key log in from now on.',
    finds: '* appends<logins>',
    example: 'cat k.pub >> ~/.ssh/authorized_keys',
  },
  {
    id: 'shred',
    level: 'high',
    why: 'Overwrites the file so that nothing can bring it back.',
    finds: 'shred|wipe|srm *',
    example: 'shred -u secret.txt',
  },
  {
    id: 'mass-overwrite',
    level: 'high',
    why: 'Overwrites all files of a home directory or of the system, one after the other.',
    finds: '* writes<many>@root|home|system|keys',
    // Files that are renamed one after the other are still there.
    named: { many: ({ text }, { name }) => isGlob(text) && name !== 'mv' },
    example: 'find ~ -exec cp /dev/null {} \\;',
  },
  {
    id: 'mount-over',
    level: 'high',
    why: 'Mounts something over a home or a system directory, which hides its files.',
    finds: `
      mount words<moves>? operands@root|home|system!<usual>
      mount words<hides>? last@root|home|system!<usual>`,
    named: {
      moves: /^(?:-M|--move)$/,
      hides: /^(?:-[BR]|--r?bind)$|(?:^|,)r?bind(?:,|$)|^(?:tmpfs|overlay)$/,
      usual: /^\/(?:dev|proc|sys|run|boot|mnt|media)(?:\/|$)/,
    },
    example: 'mount --bind /tmp/empty /home/me',
  },
]
