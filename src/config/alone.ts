// Whether a node is used by itself: it listens to nobody, and looks for nobody.
import type { Config } from './table.ts'

/** As `karo init --solo` leaves it, and nothing since names or seeks another node. */
export const isAlone = ({ mesh, discovery }: Pick<Config, 'mesh' | 'discovery'>): boolean =>
  mesh.listen.length === 0 &&
  discovery.mdns === false &&
  [discovery.peers, discovery.dns_sd, discovery.scan].every((places) => places.length === 0)
