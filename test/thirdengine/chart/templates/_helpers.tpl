{{- define "poster.labels" -}}
{{ include "poster.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
shopflow.dev/store: {{ .Values.store.name | quote }}
{{- end }}

{{- define "poster.selector" -}}
app.kubernetes.io/name: poster
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: web
{{- end }}
