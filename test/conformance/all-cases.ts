import type { ConformanceCase } from './conformance-case.ts'
import { statementsV311 } from './statements-v311.ts'
import { statementsV5 } from './statements-v5.ts'
import type { Statement } from './statement.ts'
import { connect as connectV311 } from './v311/connect.ts'
import { dataAndFormat as dataAndFormatV311 } from './v311/data-and-format.ts'
import { operation as operationV311 } from './v311/operation.ts'
import { publish as publishV311 } from './v311/publish.ts'
import { subscribe as subscribeV311 } from './v311/subscribe.ts'
import { acknowledgements } from './v5/acknowledgements.ts'
import { connack } from './v5/connack.ts'
import { connect } from './v5/connect.ts'
import { dataAndFormat } from './v5/data-and-format.ts'
import { disconnectAndErrors } from './v5/disconnect-and-errors.ts'
import { operation } from './v5/operation.ts'
import { publishProperties } from './v5/publish-properties.ts'
import { publish } from './v5/publish.ts'
import { sharedSubscriptions } from './v5/shared-subscriptions.ts'
import { subscribe } from './v5/subscribe.ts'

/** Every normative statement of both versions. */
export const allStatements: readonly Statement[] = [...statementsV5, ...statementsV311]

/** Every case of both versions. */
export const allCases: readonly ConformanceCase[] = [
  ...dataAndFormat,
  ...connect,
  ...connack,
  ...publish,
  ...publishProperties,
  ...acknowledgements,
  ...subscribe,
  ...disconnectAndErrors,
  ...operation,
  ...sharedSubscriptions,
  ...dataAndFormatV311,
  ...connectV311,
  ...publishV311,
  ...subscribeV311,
  ...operationV311,
]
