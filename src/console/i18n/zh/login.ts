import type en from "../en/login.ts";

const login: typeof en = {
  title: "登录指令",
  kinds: "登录指令类型",
  temporary: "临时登录指令",
  permanent: "长期有效登录指令",
  client: "客户端",
  copyCommand: "复制登录指令",
  insecure: "此镜像仓库未使用 HTTPS，Docker 需在 /etc/docker/daemon.json 中添加以下内容并重启：",

  temporaryText: "有效期为 24 小时，可在多台机器上使用。可上传和下载您有权限的镜像，不能进行管理操作。",
  make: "生成临时登录指令",
  expires: "将于 {{time}} 失效。任何持有该指令的人都可以使用，请勿泄露。",

  permanentText: "在访问密钥被删除之前一直有效，可在多台机器上使用。有效期内的临时登录指令仍然可以使用。",
  stepKey: "选择或创建访问密钥",
  accessKey: "访问密钥（AK）",
  keyCreated: "创建于 {{date}}",
  makeKey: "创建访问密钥",
  keyLimit_one: "您已有 {{count}} 个访问密钥，已达上限。",
  keyLimit_other: "您已有 {{count}} 个访问密钥，已达上限。",
  manageKeys: "管理访问密钥",
  secretTitle: "请立即保存 SK",
  secretText: "SK 只显示这一次。任何持有 SK 的人都可以您的身份执行操作。",
  copySecret: "复制 SK",
  stepScript: "在自己的机器上获取登录密钥",
  scriptAsks: "脚本会要求输入 SK，并输出登录密钥。",
  scriptHasSecret: "脚本中包含 SK，执行后输出登录密钥。",
  copyScript: "复制脚本",
  stepLogin: "登录",
  placeholderText: "请将 [登录密钥] 替换为上一步的输出。",
  loginKeyPlaceholder: "[登录密钥]",
  finishedText: "登录密钥已在您的浏览器中计算完成。登录密钥是经过加密的，无法逆向得到 SK。",
  stepHistory: "清理相关使用痕迹",
  permanentEnds: "如需使其失效，请删除该访问密钥。",
};

export default login;
