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

{{/* One environment variable from the store's Secret: (list root NAME key). */}}
{{- define "medusa.secretEnv" -}}
- name: {{ index . 1 }}
  valueFrom: {secretKeyRef: {name: {{ (index . 0).Values.credentialsSecret | quote }}, key: {{ index . 2 }}}}
{{- end }}

{{/* The environment of server and worker. The passwords are of letters and digits, so they need no escaping in a URL. */}}
{{- define "medusa.env" -}}
{{ include "medusa.secretEnv" (list . "DATABASE_PASSWORD" "database-password") }}
{{ include "medusa.secretEnv" (list . "CACHE_PASSWORD" "cache-password") }}
{{ include "medusa.secretEnv" (list . "JWT_SECRET" "jwt-secret") }}
{{ include "medusa.secretEnv" (list . "COOKIE_SECRET" "cookie-secret") }}
{{ include "medusa.secretEnv" (list . "STORE_PUBLISHABLE_KEY" "publishable-key") }}
- {name: DATABASE_URL, value: "postgres://medusa:$(DATABASE_PASSWORD)@database:5432/medusa"}
- {name: REDIS_URL, value: "redis://:$(CACHE_PASSWORD)@cache:6379"}
- {name: STORE_URL, value: {{ .Values.store.url | quote }}}
{{- /* A dollar sign is doubled: $(...) would be taken for another variable. */}}
- {name: STORE_NAME, value: {{ .Values.store.displayName | replace "$" "$$" | quote }}}
{{- end }}

{{/* The volumes of server and worker. */}}
{{- define "medusa.volumes" -}}
- name: uploads
  persistentVolumeClaim: {claimName: uploads}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{- end }}
