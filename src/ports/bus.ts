import type { Frame } from '../core/frame.ts'

/** Names one worker process in the cluster: `<node>/<number>`; a node that starts again has another name. */
export type WorkerAddress = string

/** The way between workers. Frames to one peer arrive in the order they were sent, once, or the peer is reported down. */
export interface Bus {
  readonly self: WorkerAddress
  /** The peers that are up now; without this worker. */
  peers(): readonly WorkerAddress[]
  /**
   * Queues a frame; it leaves with the tick. A peer that is not up is ignored: its death is reported by `onPeer`. The frame
   * is the caller's again when the call returns: an implementation encodes it before, or keeps a copy.
   */
  send(to: WorkerAddress, frame: Frame): void
  broadcast(frame: Frame): void
  /** More waits for this peer than it takes: QoS 0 messages for it are better dropped, and publishers held back. */
  congested(to: WorkerAddress): boolean
  /**
   * Resolves when each frame sent so far to these peers, QoS 0 messages apart, has got there or is sure to, or its peer
   * is down. A worker of this host counts as reached once the operating system has the frame, one elsewhere once it has
   * acknowledged it. Rejects when the link to a peer that lives breaks before, so that what it may have missed is acknowledged
   * to nobody. Also waits while the way is away, and for ever when this worker ends before: what others have not
   * got is not safe only because nobody is left to wait.
   */
  taken(to: Iterable<WorkerAddress>): Promise<void>
  /** Set once, before the first peer is up. A frame is valid until `receive` returns: who keeps its message takes `kept()`. */
  onFrame(receive: (from: WorkerAddress, frame: Frame) => void): void
  /** Called with true when a peer can be sent to, with false when it is gone for good. */
  onPeer(change: (peer: WorkerAddress, up: boolean) => void): void
  close(): Promise<void>
}
