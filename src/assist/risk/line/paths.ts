// Says where a path points and so what losing it would mean: root, home, system, keys, working directory, or nothing
// special.

import { words } from '../lookup.ts'
import { type Scope, SOMETHING, UNKNOWN } from '../model.ts'
import { couldMatch, isEverything, isGlob } from './glob.ts'

export type Place =
  /** `/` or everything in it. */
  | 'root'
  /** A directory the system cannot run without, or all home directories. */
  | 'system'
  /** One person's whole home directory. */
  | 'home'
  /** SSH and GnuPG keys, Karo's own key and database. */
  | 'keys'
  /** A file or directory inside a system tree. */
  | 'inside-system'
  /** The top of a tree that several people or services share: /opt, /srv, /mnt, /usr/local. */
  | 'shared-root'
  | 'inside-shared'
  /** What a person would miss: Documents, .config, … in a home. */
  | 'personal'
  /** Everything in the working directory, or a directory above it. */
  | 'working'
  | 'log'
  | 'temporary'
  /** A whole disk or partition. */
  | 'disk'
  | 'other'

const SYSTEM =
  words(`/etc /usr /bin /sbin /lib /lib32 /lib64 /libx32 /boot /boot/efi /boot/grub /var /var/lib /dev
  /proc /sys /run /home /Users /System /Library /Applications /nix /gnu /snap /usr/bin /usr/sbin /usr/lib /usr/lib32
  /usr/lib64 /usr/libexec /usr/share /usr/include /etc/ssh /etc/pam.d /etc/systemd /etc/ssl /System/Volumes`)
const SYSTEM_TREES = words(
  '/etc /usr /bin /sbin /lib /lib32 /lib64 /libx32 /boot /var/lib /dev /proc /sys /System /Library /nix /gnu',
)
const SHARED_ROOTS = words(
  '/opt /srv /mnt /media /usr/local /usr/local/bin /usr/local/lib /var/www /var/www/html /var/spool /var/mail /var/backups /var/log /Volumes',
)
const SHARED_TREES = words(
  '/opt /srv /mnt /media /usr/local /var/www /var/spool /var/mail /var/backups /Volumes',
)
/** Trees meant to be thrown away; checked before the trees that contain them. */
const TEMPORARY = words('/tmp /var/tmp /var/cache /dev/shm /var/lib/apt/lists /usr/src /var/crash /run/user')
const PERSONAL =
  words(`Documents Desktop Pictures Music Videos Downloads Movies Library .config .local .local/share .mozilla
  .thunderbird .password-store .vim .emacs.d .kube .aws .docker .azure .config/gcloud Dropbox OneDrive Nextcloud`)
const KEYS = words('.ssh .gnupg .local/share/karo .local/share/karo/db .local/share/karo/identity.key')

const DISK =
  /^\/dev\/(?:(?:sd|hd|vd|xvd|dasd)[a-zA-Z]+\d*|(?:md|dm-|rbd|nbd|drbd|bcache|zd|zram|pmem|mtdblock|sr|r?disk|mmcblk|nvme)\d+\w*|(?!(?:pts|shm|fd|tcp|udp|snd|input|net|char|bus|usb|serial)\/|mapper\/control$).+\/.+|mem|kmem|port)$/
/** Examples of disks, for patterns such as `/dev/sd*`: at least one of them exists on any machine. */
const DISK_SAMPLES = words(
  '/dev/sda /dev/sda1 /dev/sdb /dev/nvme0n1 /dev/nvme0n1p1 /dev/vda /dev/vda1 /dev/xvda /dev/hda /dev/mmcblk0 /dev/disk0',
)

/** Whether bash opens a network connection for this path. */
export function isSocket(path: string): boolean {
  return /^\/dev\/(?:tcp|udp)\//.test(path)
}

/**
 * The path without `.`, `..` and doubled slashes; absolute if it can be known, otherwise beginning with `.` or `..`.
 */
export function resolvePath(text: string, scope: Pick<Scope, 'cwd'>): string {
  const joined = text.startsWith('/') ? text : `${scope.cwd}/${text}`
  const absolute = joined.startsWith('/')
  // Most paths are as they will be: nothing of them is taken apart.
  if (absolute && !joined.endsWith('/') && !/\/[./]|^\/proc\//.test(joined)) return joined
  const out: string[] = []
  for (const component of joined.split('/')) {
    if (component === '' || component === '.') continue
    if (component === '..') {
      if (out.length > 0 && out.at(-1) !== '..') out.pop()
      else if (!absolute) out.push('..')
    } else out.push(component)
  }
  // /proc/<pid>/root is another name of the root.
  while (absolute && out[0] === 'proc' && out[2] === 'root') out.splice(0, 3)
  if (absolute) return `/${out.join('/')}`
  return out.length === 0 ? '.' : out[0] === '..' ? out.join('/') : `./${out.join('/')}`
}

/** The word with each part that may be empty left out: `rm -rf "$X/"` removes `/` when X is not set. */
export function emptyReading(text: string): string {
  return text.replaceAll(UNKNOWN, '')
}

export function isUnresolved(text: string): boolean {
  return text.includes(UNKNOWN) || text.includes(SOMETHING)
}

/** The place that a word names. A pattern counts as the most precious place that it could match. */
export function placeOf(text: string, scope: Pick<Scope, 'cwd' | 'home' | 'karoHome'>): Place {
  if (text === '') return 'other'
  const path = resolvePath(text, scope)
  const components = path.split('/')
  let contents = false
  while (components.length > 0 && isEverything(components.at(-1)!)) {
    components.pop()
    contents = true
  }
  const whole = components.join('/') || (path.startsWith('/') ? '/' : '.')
  if (whole === '/') return 'root'
  if (isDisk(whole)) return 'disk'
  if (isNode(whole, scope)) return 'keys'
  const home = homePlace(whole, scope.home)
  // A home directory counts as one wherever it lies, also below /tmp.
  if (home !== undefined && home !== 'other') return home
  if (TEMPORARY.some((top) => isWithin(whole, top))) return 'temporary'
  if (covers(whole, SYSTEM)) return 'system'
  if (whole === '/var/log' || whole.startsWith('/var/log/')) return 'log'
  if (covers(whole, SHARED_ROOTS)) return 'shared-root'
  const here = resolvePath('.', scope)
  if (isAbove(whole, here) || (whole === here && (contents || path === here))) return 'working'
  if (home !== undefined) return home
  if (SHARED_TREES.some((top) => isWithin(whole, top))) return 'inside-shared'
  if (SYSTEM_TREES.some((top) => isWithin(whole, top))) return 'inside-system'
  return 'other'
}

/** Whether the path is this node's key or database, which may lie outside of any home. */
function isNode(path: string, { karoHome }: Pick<Scope, 'karoHome'>): boolean {
  return [karoHome, '/var/lib/karo'].some(
    (top) =>
      top !== undefined &&
      (path === top || path === `${top}/db` || path === `${top}/identity.key` || covers(path, [top])),
  )
}

function isDisk(path: string): boolean {
  if (!path.startsWith('/dev/')) return false
  return DISK.test(path) || covers(path, DISK_SAMPLES)
}

function homePlace(path: string, home: string): Place | undefined {
  const own = home !== '/' && (covers(path, [home]) || isWithin(path, home))
  const components = path.split('/')
  const isHomes = components[1] === 'home' || components[1] === 'Users'
  const inRoot = components[1] === 'root'
  if (!own && !inRoot && !(isHomes && components.length > 2)) return undefined
  const depth = own ? home.split('/').length : inRoot ? 2 : 3
  if (components.length <= depth) return components.length === depth ? 'home' : undefined
  const rest = components.slice(depth).join('/')
  if (covers(rest, KEYS)) return 'keys'
  if (covers(rest, PERSONAL)) return 'personal'
  return 'other'
}

/** Whether `path`, perhaps a pattern, names exactly one of them. */
export function covers(path: string, all: readonly string[]): boolean {
  if (all.includes(path)) return true
  if (!isGlob(path)) return false
  const a = path.split('/')
  return all.some((known) => {
    const b = known.split('/')
    return (
      path.startsWith('/') === known.startsWith('/') &&
      a.length === b.length &&
      a.every((component, i) => couldMatch(component, b[i]!))
    )
  })
}

function isWithin(path: string, top: string): boolean {
  return path.startsWith(top) && (path.length === top.length || path[top.length] === '/')
}

/** Whether `path` is a proper ancestor of `here`; both are normalised. */
function isAbove(path: string, here: string): boolean {
  if (/^\.\.(?:\/\.\.)*$/.test(path)) return !here.startsWith('..') || path.length > here.length
  return path.startsWith('/') && here.startsWith(`${path}/`)
}
