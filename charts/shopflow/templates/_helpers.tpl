{{- define "shopflow.labels" -}}
app.kubernetes.io/name: shopflow
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "shopflow.selector" -}}
app.kubernetes.io/name: shopflow
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "shopflow.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "shopflow.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "shopflow.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: {{ . }}}
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: {{ . }}}
  periodSeconds: 10
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: {{ . }}}
  periodSeconds: 2
{{- end }}

{{- define "shopflow.publicURL" -}}
{{- $usual := or (and (eq .Values.scheme "http") (eq (int .Values.port) 80)) (and (eq .Values.scheme "https") (eq (int .Values.port) 443)) -}}
{{ .Values.scheme }}://{{ .Values.domain }}{{ if not $usual }}:{{ int .Values.port }}{{ end }}
{{- end }}
