// A stranger that opens TCP connections from many addresses and never gets as far as a key: silent, slow or talkative.
import { connect, type Socket } from 'node:net'
import { type Attack, turn } from './attack.ts'

/** Open at the same time, of all kinds together. */
const SOCKETS = 200
const AGREED = '\x13/multistream/1.0.0\n'

/** What each kind says, again and again; an empty text is said once. */
const KINDS: readonly ((socket: Socket) => void)[] = [
  () => {},
  // Half of a handshake.
  (socket) => void socket.write(`${AGREED}\x07/noise\n\xff\xff`, 'latin1'),
  // Names that nobody speaks, each of which is answered.
  (socket) => {
    socket.write(AGREED)
    const asking = setInterval(() => socket.write('\x02x\n'.repeat(100)), 5)
    socket.once('close', () => clearInterval(asking))
  },
  (socket) => void socket.write(Buffer.alloc(256 * 1024, 255)),
]

export const strangerHandshakes: Attack = {
  name: 'stranger-handshakes',
  by: 'stranger',
  attackers: 1,
  does: 'opens connections from many addresses and finishes no handshake',
  async run({ address }, signal, begun) {
    const done = { connections: 0 }
    const sockets = new Set<Socket>()
    while (!signal.aborted) {
      for (let n = 0; n < 16 && sockets.size < SOCKETS; n++) {
        const number = done.connections++
        // All of 127.0.0.0/8 is this machine.
        const localAddress = `127.0.${1 + ((number >> 7) & 127)}.${1 + (number & 127)}`
        const socket = connect({ ...address, localAddress })
        sockets.add(socket)
        socket.on('error', () => {}).resume()
        socket.once('close', () => sockets.delete(socket))
        socket.once('connect', () => KINDS[number % KINDS.length]?.(socket))
      }
      begun()
      await turn()
    }
    for (const socket of sockets) socket.destroy()
    return done
  },
}
