/** The default theme of VitePress, with the first page and the reference laid out in `style.css`. */
import DefaultTheme from 'vitepress/theme';
import './style.css';

export default DefaultTheme;
