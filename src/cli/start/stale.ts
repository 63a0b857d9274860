// A node that runs another build than this command: after an upgrade or a downgrade, until it is restarted.
import type { StatusShape } from '../../api/contract/shapes.ts'
import { BUILD } from '../../base/version.ts'

/** One line where it is so. What such a node has not loaded yet may be gone, so some commands fail there. */
export function staleWords({ build, service }: StatusShape): string[] {
  const restart = service ? 'sudo systemctl restart karo' : 'karo stop, then karo up --background'
  return build === BUILD ? [] : [`the node still runs Karo ${build}, and this is ${BUILD}: ${restart}`]
}
