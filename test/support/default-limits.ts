import type { BrokerLimits } from '../../src/broker/limits.ts'
import { brokerLimits } from '../../src/cluster/broker-limits.ts'
import { readTable } from '../../src/config/read-table.ts'
import { sections } from '../../src/config/schema.ts'
import { settingsOf } from '../../src/config/settings-type.ts'

/** The bounds of a broker of one worker for which nothing is set. */
export const DEFAULT_LIMITS: BrokerLimits = brokerLimits(settingsOf(readTable(sections, {}, { cores: 1 }).values))
