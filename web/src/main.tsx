import "./styles/index.css"; document.body.append("hi");
