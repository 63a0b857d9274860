// A small disk of its own for a node's home: filled and freed at will, or failing as a broken one does. Needs root.
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { atEnd } from '../run/processes.ts'

export interface SmallDisk {
  readonly home: string
  /** Writes until nothing more fits. */
  fill(): void
  /** Makes the room again that `fill` took. */
  free(): void
}

export interface BreakingDisk {
  readonly home: string
  /** The kernel finds an error and takes no more writes, from whoever has files open, too. */
  breakDown(): void
  /** Unmounted, checked, mounted; nobody may have files open there. */
  mend(): void
}

/** Throws with what the command said. */
function run(...argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
  return stdout
}

function mountPoint(): string {
  const home = mkdtempSync(join(tmpdir(), 'karo-disk-'))
  atEnd(() => {
    // Lazily, because somebody may still be there; what is not mounted any more is none the worse.
    spawnSync('umount', ['-l', home])
    rmSync(home, { recursive: true, force: true })
  })
  return home
}

/** In memory. Unmounted at the end of the test file, after what runs there was ended. */
export function smallDisk(megabytes: number): SmallDisk {
  const home = mountPoint()
  run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'karo-test', home)
  const ballast = join(home, 'ballast')
  return {
    home,
    fill() {
      const file = openSync(ballast, 'a')
      try {
        for (const size of [65_536, 4_096, 1]) {
          const block = Buffer.alloc(size, 1)
          try {
            while (writeSync(file, block) === size);
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
          }
        }
      } finally {
        closeSync(file)
      }
    },
    free() {
      const file = openSync(ballast, 'r+')
      ftruncateSync(file, 0)
      closeSync(file)
    },
  }
}

/** An ext4 in a file; undefined where the machine has no loop devices, or no mkfs. */
export function breakingDisk(megabytes: number): BreakingDisk | undefined {
  const parent = mountPoint()
  const image = join(parent, 'image')
  const home = join(parent, 'home')
  writeFileSync(image, '')
  run('truncate', '-s', `${megabytes}M`, image)
  mkdirSync(home)
  const mount = (file: string): void => void run('mount', '-o', 'loop,errors=remount-ro', file, home)
  const device = (): string => run('findmnt', '-n', '-o', 'SOURCE', home).trim()
  try {
    run('mkfs.ext4', '-q', image)
    // Programs that start meanwhile in a mount namespace of their own take along what is mounted. Below a shared mount they let go of it
    // with this one, and else only when they end.
    run('mount', '--bind', parent, parent)
    run('mount', '--make-shared', parent)
    mount(image)
  } catch {
    return undefined
  }
  atEnd(() => void spawnSync('umount', ['-l', home]))
  run('chmod', '700', home)
  return {
    home,
    breakDown() {
      // What was typed long ago is not what is asked about.
      run('sync', '-f', home)
      writeFileSync(`/sys/fs/ext4/${basename(device())}/trigger_fs_error`, '1')
    },
    mend() {
      // A copy: programs in mount namespaces of their own may keep the broken one mounted, and what is mounted anew from the same file
      // would share its device, and with it what the cache holds of the broken file system.
      const broken = device()
      run('umount', home)
      run('blockdev', '--flushbufs', broken)
      const mended = join(parent, 'mended')
      run('cp', '--sparse=always', image, mended)
      // Whatever it finds; 1: all of it was mended (e2fsck(8)).
      const { status, stdout } = spawnSync('e2fsck', ['-f', '-y', mended], { encoding: 'utf8' })
      if (status === null || status > 1) throw new Error(`e2fsck ended with ${status}: ${stdout}`)
      mount(mended)
    },
  }
}
