# The hub as a container image. The database is another container: the embedded one is left out.
# No Docker here? `npm run check:image` runs these very steps in an empty directory (docs/deploy.md).

# Compiles. Nothing of this stage but dist/ gets into the image.
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=optional --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY migrations ./migrations
RUN npm run build

# The packages that run: no development tools, no embedded Postgres, no install scripts.
FROM node:24-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
# All of it belongs to root, so that the hub cannot change its own code.
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
# The user `node` of the base image, as a number: an orchestrator can tell that it is not root.
USER 1000:1000
EXPOSE 8000
# /livez says whether the process answers; whether it can serve, Postgres included, is /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8000) + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node is the first process and handles SIGTERM itself: it says goodbye to its sockets and exits with 0.
CMD ["node", "dist/src/main.js"]
