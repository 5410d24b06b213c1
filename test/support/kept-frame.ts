import type { DeliverFrame, Frame } from '../../src/core/frame.ts'
import type { Message } from '../../src/core/message.ts'

/** A deliver frame that outlives the call. */
export type KeptDeliver = DeliverFrame & { readonly message: Message }

/** A frame that outlives the call that hands it over. */
export type KeptFrame = Exclude<Frame, DeliverFrame> | KeptDeliver

/** The frame with everything in it of its own. */
export function keptFrame(frame: Frame): KeptFrame {
  if (frame.kind !== 'deliver') return frame
  const { kind, message, ordinary, sharedFilters } = frame
  return { kind, message: message.kept(), ordinary, sharedFilters }
}
