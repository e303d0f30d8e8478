{{- define "medusa.labels" -}}
{{ include "medusa.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
shopflow.dev/store: {{ .root.Values.store.name | quote }}
{{- end }}

{{- define "medusa.selector" -}}
app.kubernetes.io/name: medusa
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* What every pod has in common. */}}
{{- define "medusa.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- end }}

{{- define "medusa.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Who has a volume leaves its last words, so that a full one is known for the cause. */}}
{{- define "medusa.lastWords" -}}
terminationMessagePolicy: FallbackToLogsOnError
{{- end }}

{{/* One environment variable from the store's Secret: (list root NAME key). */}}
{{- define "medusa.secretEnv" -}}
- name: {{ index . 1 }}
  valueFrom: {secretKeyRef: {name: {{ (index . 0).Values.credentialsSecret | quote }}, key: {{ index . 2 }}}}
{{- end }}

{{/* The shop's title as an environment variable. It is not in the pods' templates, so that a change of it restarts nothing. */}}
{{- define "medusa.storeName" -}}
- name: STORE_NAME
  valueFrom: {configMapKeyRef: {name: store, key: title}}
{{- end }}

{{/* The environment of server and worker. */}}
{{- define "medusa.env" -}}
{{ include "medusa.secretEnv" (list . "DATABASE_PASSWORD" "database-password") }}
{{ include "medusa.secretEnv" (list . "CACHE_PASSWORD" "cache-password") }}
{{ include "medusa.secretEnv" (list . "JWT_SECRET" "jwt-secret") }}
{{ include "medusa.secretEnv" (list . "COOKIE_SECRET" "cookie-secret") }}
{{ include "medusa.secretEnv" (list . "PUBLISHABLE_KEY" "publishable-key") }}
- {name: STORE_URL, value: {{ .Values.store.url | quote }}}
{{ include "medusa.storeName" . }}
{{- end }}

{{/*
Without golden data (the baseline of `make bench`), the server's pod migrates and seeds the empty database, and the worker's waits
until that is done: (dict "root" . "command" [words]).
*/}}
{{- define "medusa.initialize" -}}
{{- if not .root.Values.database.golden }}
initContainers:
  - name: initialize
    image: {{ required "images.medusaBuild is required without golden data" .root.Values.images.medusaBuild | quote }}
    imagePullPolicy: {{ .root.Values.imagePullPolicy }}
    command: {{ .command | toJson }}
    env:
      {{- include "medusa.env" .root | nindent 6 }}
      {{- include "medusa.secretEnv" (list .root "ADMIN_EMAIL" "admin-email") | nindent 6 }}
      {{- include "medusa.secretEnv" (list .root "ADMIN_PASSWORD" "admin-password") | nindent 6 }}
    securityContext: {{- include "medusa.containerSecurity" .root | nindent 6 }}
    resources: {{- toYaml .root.Values.server.resources | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      {{- /* Medusa's migrations create an empty folder in each module that has none; the image itself cannot be written to. */}}
      {{- range list "auth-emailpass" "cache-inmemory" "caching" "caching-redis" "event-bus-redis" "file" "file-local" "fulfillment-manual" "locking" "locking-redis" "notification-local" }}
      - {name: tmp, mountPath: /app/node_modules/@medusajs/{{ . }}/dist/migrations, subPath: migrations-{{ . }}}
      {{- end }}
{{- end }}
{{- end }}

{{/* The volumes of server and worker. */}}
{{- define "medusa.volumes" -}}
- name: uploads
  persistentVolumeClaim: {claimName: uploads}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
{{- end }}
