{{- define "woocommerce.labels" -}}
{{ include "woocommerce.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
shopflow.dev/store: {{ .root.Values.store.name | quote }}
{{- end }}

{{- define "woocommerce.selector" -}}
app.kubernetes.io/name: woocommerce
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* What every pod has in common. */}}
{{- define "woocommerce.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- end }}

{{/* The user that a pod's containers run as: an ID of the images. */}}
{{- define "woocommerce.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "woocommerce.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Who has a volume leaves its last words, so that a full one is known for the cause. */}}
{{- define "woocommerce.lastWords" -}}
terminationMessagePolicy: FallbackToLogsOnError
{{- end }}

{{/* One environment variable from the store's Secret: (list root NAME key). */}}
{{- define "woocommerce.secretEnv" -}}
- name: {{ index . 1 }}
  valueFrom: {secretKeyRef: {name: {{ (index . 0).Values.credentialsSecret | quote }}, key: {{ index . 2 }}}}
{{- end }}

{{/* Title and login of the store. The title is in a ConfigMap, so that another one restarts nothing: the shop itself is told. */}}
{{- define "woocommerce.ownerEnv" -}}
- name: STORE_NAME
  valueFrom: {configMapKeyRef: {name: store, key: title}}
{{ include "woocommerce.secretEnv" (list . "ADMIN_EMAIL" "admin-email") }}
{{- end }}

{{/* How PHP reaches the database, on both sides of the connection. */}}
{{- define "woocommerce.databaseEnv" -}}
- {name: DB_NAME, value: woocommerce}
- {name: DB_USER, value: woocommerce}
{{ include "woocommerce.secretEnv" (list . "DB_PASSWORD" "database-password") }}
{{- end }}

{{/* The environment of PHP. */}}
{{- define "woocommerce.phpEnv" -}}
- {name: STORE_URL, value: {{ .Values.store.url | quote }}}
- {name: DB_HOST, value: database}
{{ include "woocommerce.databaseEnv" . }}
{{ include "woocommerce.secretEnv" (list . "WORDPRESS_SALT" "wordpress-salt") }}
{{- end }}

{{/* What every container of the web pod sees: (dict "readOnly" bool). PHP and nginx meet at a socket in /run. */}}
{{- define "woocommerce.webMounts" -}}
- {name: uploads, mountPath: /srv/www/wp-content/uploads, readOnly: {{ .readOnly }}}
- {name: tmp, mountPath: /tmp}
- {name: run, mountPath: /run}
{{- end }}

{{/*
Without golden data (the baseline of `make bench`), WordPress and WooCommerce are installed into the empty database before the
shop starts.
*/}}
{{- define "woocommerce.install" -}}
{{- if not .Values.database.golden }}
initContainers:
  - name: install
    image: {{ required "images.build is required without golden data" .Values.images.build | quote }}
    imagePullPolicy: {{ .Values.imagePullPolicy }}
    command: [/usr/local/bin/install-store]
    env:
      {{- include "woocommerce.phpEnv" . | nindent 6 }}
      {{- include "woocommerce.ownerEnv" . | nindent 6 }}
      {{- include "woocommerce.secretEnv" (list . "ADMIN_PASSWORD" "admin-password") | nindent 6 }}
    securityContext: {{- include "woocommerce.containerSecurity" . | nindent 6 }}
    resources: {{- toYaml .Values.web.resources.php | nindent 6 }}
    {{- include "woocommerce.lastWords" . | nindent 4 }}
    volumeMounts: {{- include "woocommerce.webMounts" (dict "readOnly" false) | nindent 6 }}
{{- end }}
{{- end }}
