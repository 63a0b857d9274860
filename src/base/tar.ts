// Headers of tar archives, ustar (POSIX.1-1988): the same entry always gives the same bytes; root is the owner.

export const TAR_BLOCK = 512

export interface TarHeader {
  /**
   * Path without a leading slash, with a slash at the end for a directory. At most 100 bytes, or 155 before a slash and
   * 100 behind it.
   */
  readonly path: string
  readonly mode: number
  /** Size in bytes, below 8 GiB. */
  readonly size: number
  /** Modification time in seconds since the epoch. */
  readonly seconds: number
  /** Target of a symbolic link, at most 100 bytes. */
  readonly link?: string
}

/** The header, one block long. Throws RangeError if a field does not fit. */
export function tarHeader({ path, mode, size, seconds, link = '' }: TarHeader): Buffer {
  const block = Buffer.alloc(TAR_BLOCK)
  const [prefix, name] = split(path)
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  }
  if (Buffer.byteLength(link) > 100) throw new RangeError(`the link is too long for a tar: ${link}`)
  if (size >= 8 ** 11) throw new RangeError(`the file is too large for a tar: ${path}`)
  block.write(name, 0, 'utf8')
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(seconds, 136, 12)
  // The checksum is computed with blanks in its own field.
  block.write('        ', 148, 'latin1')
  block.write(path.endsWith('/') ? '5' : link === '' ? '0' : '2', 156, 'latin1')
  block.write(link, 157, 'utf8')
  block.write('ustar\x0000', 257, 'latin1')
  block.write('root', 265, 'latin1')
  block.write('root', 297, 'latin1')
  block.write(prefix, 345, 'utf8')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function split(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (Buffer.byteLength(prefix) <= 155 && name !== '' && Buffer.byteLength(name) <= 100)
      return [prefix, name]
  }
  throw new RangeError(`the path is too long for a tar: ${path}`)
}
