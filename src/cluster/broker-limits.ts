import { type BrokerLimits, FIXED_LIMITS } from '../broker/limits.ts'
import type { Settings } from '../config/settings-type.ts'
import type { QoS } from '../protocol/packets.ts'

const QOS: Readonly<Record<Settings['maximumQoS'], QoS>> = { '0': 0, '1': 1, '2': 2 }

/** The bounds of one worker. What holds for all workers of the node together is shared out among them. */
export function brokerLimits(settings: Settings): BrokerLimits {
  const share = (whole: number | undefined): number => Math.ceil((whole ?? Infinity) / settings.workers)
  return {
    ...FIXED_LIMITS,
    maximumQoS: QOS[settings.maximumQoS],
    retainAvailable: settings.retainAvailable === 'on',
    wildcardSubscriptionAvailable: settings.wildcardSubscriptions === 'on',
    sharedSubscriptionAvailable: settings.sharedSubscriptions === 'on',
    subscriptionIdentifiersAvailable: settings.subscriptionIdentifiers === 'on',
    maximumPacketSizeBytes: settings.maximumPacketSizeBytes,
    receiveMaximum: settings.receiveMaximum,
    topicAliasMaximum: settings.topicAliasMaximum,
    clientIdBytesMax: settings.clientIdBytesMax,
    topicBytesMax: settings.topicBytesMax,
    topicLevelsMax: settings.topicLevelsMax,
    sessionExpirySecondsMax: settings.sessionExpirySecondsMax,
    messageExpirySecondsMax: settings.messageExpirySecondsMax ?? Infinity,
    keepAliveSecondsMax: settings.keepAliveSecondsMax,
    keepAliveUnlimited: settings.keepAliveUnlimited === 'on',
    responseTopic: settings.responseTopic,
    serverReference: settings.overloadServerReference,
    queuedBytesMax: settings.queuedBytesMax,
    lagMsMax: settings.lagMsMax,
    connectTimeoutMs: settings.connectTimeoutMs,
    queuedMessagesMax: settings.queueMessagesMax,
    queueFull: settings.queueFull,
    traffic: {
      connectionsMax: share(settings.connectionsMax),
      listener: {
        connectionsMax: share(settings.listenerConnectionsMax),
        connectsPerSecond: share(settings.listenerConnectRate),
        bytesPerSecond: share(settings.listenerByteRate),
      },
      address: {
        connectionsMax: settings.addressConnectionsMax ?? Infinity,
        connectsPerSecond: settings.addressConnectRate ?? Infinity,
        bytesPerSecond: settings.addressByteRate ?? Infinity,
      },
      connectionBytesPerSecond: settings.connectionByteRate ?? Infinity,
    },
  }
}
