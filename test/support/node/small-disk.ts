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

/** The kernel does it within milliseconds, unless the machine is very busy. */
const DETACHED_WITHIN_MS = 30_000

/** An ext4 in a file; undefined where the machine has no loop devices, or no mkfs. */
export function breakingDisk(megabytes: number): BreakingDisk | undefined {
  const parent = mountPoint()
  const image = join(parent, 'image')
  const home = join(parent, 'home')
  writeFileSync(image, '')
  run('truncate', '-s', `${megabytes}M`, image)
  mkdirSync(home)
  const mount = (): void => void run('mount', '-o', 'loop,errors=remount-ro', image, home)
  try {
    run('mkfs.ext4', '-q', image)
    // Programs that start meanwhile in a mount namespace of their own take along what is mounted. Below a shared mount they let go of it
    // with this one, and else only when they end.
    run('mount', '--bind', parent, parent)
    run('mount', '--make-shared', parent)
    mount()
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
      const device = basename(run('findmnt', '-n', '-o', 'SOURCE', home).trim())
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1')
    },
    mend() {
      run('umount', home)
      // The kernel lets go of the loop device a little later. While it has it, a new mount would share the device, and
      // with it what its cache holds of the broken file system.
      const end = performance.now() + DETACHED_WITHIN_MS
      while (run('losetup', '-j', image).trim() !== '') {
        if (performance.now() > end)
          throw new Error(`${image} is still attached: ${run('losetup', '-j', image)}`)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
      }
      // Whatever it finds; 1: all of it was mended (e2fsck(8)).
      const { status, stdout } = spawnSync('e2fsck', ['-f', '-y', image], { encoding: 'utf8' })
      if (status === null || status > 1) throw new Error(`e2fsck ended with ${status}: ${stdout}`)
      mount()
    },
  }
}
