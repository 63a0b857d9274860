// The least a libp2p host can be, to compare with: TCP, Noise, yamux, and nothing on top. Dials what argv names.
import { noise } from '@chainsafe/libp2p-noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const host = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux({ enableKeepAlive: false })],
  connectionMonitor: { enabled: false },
})
for (const address of process.argv.slice(2)) await host.dial(multiaddr(address))
process.stdout.write(`${host.getMultiaddrs()[0]}\n`)
