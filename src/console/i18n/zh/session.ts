import type en from "../en/session.ts";

const session: typeof en = {
  title: "登录",
  name: "用户名",
  password: "密码",
  submit: "登录",
  wrongPassword: "用户名或密码错误。",
  tooManyAttempts: "尝试次数过多，请一分钟后再试。",
  ended: "会话已结束，请重新登录后继续。",
  lookAround: "无需登录即可浏览：",
  imageCentre: "公开镜像",

  endedTitle: "会话已结束",
  endedText: "请重新登录后继续，您已填写的内容仍然保留。",
  somebodyElse: "离开此页面，以其他用户身份登录",

  changeTitle: "修改密码",
  changeDescription: "修改后，您的其他登录（包括容器客户端）和临时登录指令将失效，访问密钥不受影响。",
  current: "当前密码",
  new: "新密码",
  rules: "8 至 128 个字符。",
  repeat: "确认新密码",
  change: "修改密码",
  changed: "密码已修改。",
  currentWrong: "当前密码错误。",
  tooShort: "至少 8 个字符。",
  tooLong: "至多 128 个字符。",
  different: "两次输入的新密码不一致。",
  same: "新密码不能与当前密码相同。",
};

export default session;
