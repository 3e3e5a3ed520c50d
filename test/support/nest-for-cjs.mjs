import { jest } from '@jest/globals'
import * as common from '@nestjs/common'
import * as core from '@nestjs/core'

// @nestjs/throttler is CommonJS and requires Nest, which is ESM. Node 20.19 can do that, jest only
// on Node 24.9. `jest.mock` answers `require` alone, so this hands it the very modules that `import`
// gives everybody else: nothing is mocked.
jest.mock('@nestjs/common', () => common)
jest.mock('@nestjs/core', () => core)
