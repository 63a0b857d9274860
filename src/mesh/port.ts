// Links and topics in two steps, for rooms whose parts need the link to be made: first what sends, then who handles what comes.
import type { Stream, Topic } from '../../protocols/define.ts'
import type { Announcing, Link, LinkHandler, Mesh, TopicHandler } from './types.ts'

export interface Served<Handler> {
  /** Called once, when every part of the room exists and before the mesh starts; what came earlier would be dropped. */
  serve(handler: Handler): void
}

export function openLink(mesh: Pick<Mesh, 'link'>, protocol: Stream): Link & Served<LinkHandler> {
  let served: LinkHandler | undefined
  const link = mesh.link(protocol, {
    frame: (peer, frame) => served?.frame(peer, frame),
    up: (peer) => served?.up?.(peer),
    down: (peer) => served?.down?.(peer),
    inUse: (node) => served?.inUse?.(node) ?? false,
  })
  return {
    peers: () => link.peers(),
    has: (to) => link.has(to),
    sendHop: (to, message, body, trace) => link.sendHop(to, message, body, trace),
    sendDocument: (to, bytes) => link.sendDocument(to, bytes),
    serve(handler) {
      served = handler
    },
  }
}

export function openTopic(mesh: Pick<Mesh, 'topic'>, topic: Topic): Announcing & Served<TopicHandler> {
  let served: TopicHandler | undefined
  const announcing = mesh.topic(topic, {
    notice: (author, frame, from) => served?.notice(author, frame, from),
  })
  return {
    publish: (message, body) => announcing.publish(message, body),
    serve(handler) {
      served = handler
    },
  }
}
